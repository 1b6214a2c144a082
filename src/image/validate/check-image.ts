import { setMaxListeners } from 'node:events';
import { createLimit, type DocumentOptions, readDocument, type Source } from '#content';
import {
  type Descriptor,
  type Digest,
  formatPlatform,
  type ImageConfig,
  isArtifact,
  isAttestation,
  type Manifest,
  matchesPlatform,
  type Platform,
  parseConfig,
} from '#oci';
import { platformOf } from '../place/read-images.ts';
import { checkLayer } from './check-layer.ts';
import { asFault, type Fault } from './fault.ts';

export interface CheckImageOptions extends DocumentOptions {
  /** Layers are asked for, but not read. */
  readonly fast: boolean;
  /** Layers read at the same time. */
  readonly concurrency: number;
  /** What was found out about layers of other images: each is read once. */
  readonly known: Map<string, Promise<readonly Fault[]>>;
}

export interface CheckedImage {
  /** Of the config; undefined where there is none that can be read, and for what is no image. */
  readonly platform: Platform | undefined;
  readonly faults: readonly Fault[];
}

const LARGEST_CONFIG = 8 * 1024 * 1024;

/** Everything that is wrong with one manifest and what it names. `descriptor` is what names it, in an index with a platform. */
export async function checkImage(
  source: Source,
  descriptor: Descriptor,
  manifest: Manifest,
  options: CheckImageOptions,
): Promise<CheckedImage> {
  const isImage = !isArtifact(manifest) && !isAttestation(descriptor);
  const faults: Fault[] = [];
  let config: ImageConfig | undefined;
  if (isImage) {
    try {
      const bytes = await readDocument(source, manifest.config, { ...options, limit: LARGEST_CONFIG });
      config = parseConfig(bytes, `the config ${manifest.config.digest}`);
      faults.push(...agreement(descriptor, manifest, config));
    } catch (error) {
      faults.push(asFault(error, manifest.config.digest));
    }
  }
  const blobs = isImage ? manifest.layers : [manifest.config, ...manifest.layers];
  faults.push(...(await blobFaults(source, blobs, config?.rootfs.diffIds ?? [], options)));
  return { platform: config === undefined ? undefined : platformOf(config), faults };
}

/** What manifest, config and the index's entry say differently of the same thing. */
function agreement(descriptor: Descriptor, manifest: Manifest, config: ImageConfig): Fault[] {
  const { digest } = manifest.config;
  const faults: Fault[] = [];
  const say = (message: string): void => void faults.push({ code: 'MANIFEST_INVALID', message, digest });
  const layers = manifest.layers.length;
  const diffIds = config.rootfs.diffIds.length;
  if (layers !== diffIds) say(`the manifest has ${layers} layers, but the config ${diffIds} diff_ids`);
  const steps = config.history.filter(({ emptyLayer }) => !emptyLayer).length;
  if (config.history.length > 0 && steps !== layers) {
    say(`the manifest has ${layers} layers, but the config's history ${steps} steps that made one`);
  }
  const { platform } = descriptor;
  if (platform !== undefined && !agree(platform, platformOf(config))) {
    say(`the index says ${formatPlatform(platform)}, but the config ${formatPlatform(platformOf(config))}`);
  }
  return faults;
}

/** Configs often leave out the variant, which is no contradiction. */
function agree(named: Platform, own: Platform): boolean {
  const bare = ({ os, architecture }: Platform): Platform => ({ os, architecture });
  if (own.variant === undefined || named.variant === undefined) return matchesPlatform(bare(named), bare(own));
  return matchesPlatform({ ...bare(named), variant: named.variant }, { ...bare(own), variant: own.variant });
}

async function blobFaults(
  source: Source,
  blobs: readonly Descriptor[],
  diffIds: readonly Digest[],
  options: CheckImageOptions,
): Promise<readonly Fault[]> {
  const limit = createLimit(options.concurrency);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  // Every layer that waits for its turn listens.
  setMaxListeners(0, signal);
  const work = blobs.map((target, at) => {
    const key = `${target.digest} ${target.size} ${diffIds[at]}`;
    const known = options.known.get(key) ?? checkBlob(target, diffIds[at]);
    options.known.set(key, known);
    return known;
  });
  async function checkBlob(target: Descriptor, diffId: Digest | undefined): Promise<readonly Fault[]> {
    const leave = await limit.acquire(signal);
    try {
      if (!options.fast)
        return await checkLayer(source, target, { ...options, retries: options.retries, signal, diffId });
      if (await source.has(target, { signal })) return [];
      return [{ code: 'BLOB_UNKNOWN', message: `the blob ${target.digest} is not there`, digest: target.digest }];
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      leave();
    }
  }
  await Promise.allSettled(work);
  return (await Promise.all(work)).flat();
}
