import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  familiarName,
  familiarString,
  formatPlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
} from '#oci';
import type { DiskStore } from '#store';
import { imageManifests } from '../rows/image-manifests.ts';
import { type KeptRoot, shownImage } from '../stored/kept-root.ts';
import type { RemovalStep, RemoveResult } from './remove.ts';

export interface RemovePlatformsOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`, one or several. */
  readonly platforms: readonly string[];
  /** What the caller called the image. */
  readonly what: string;
  /** All other references of the store. */
  readonly others: readonly KeptRoot[];
  readonly host: Platform;
}

/**
 * Takes platforms from references to one index, all of them or none: each manifest goes with what only it needs, unless another reference has it.
 * The references and the index stay. Rejects with PLATFORM_UNKNOWN, in docker's words, for one that is not here, and with CONFLICT where nothing of the
 * image would be left.
 */
export async function removePlatforms(
  from: readonly [KeptRoot, ...KeptRoot[]],
  store: DiskStore,
  options: RemovePlatformsOptions,
): Promise<RemoveResult> {
  const { host, signal } = options;
  const variants = await variantsHere(from, store, options);
  const going = new Map<Digest, Descriptor>();
  for (const text of options.platforms) {
    const wanted = parsePlatform(text, host);
    const matching = variants.filter(({ platform }) => isSame(wanted, platform));
    if (matching.length === 0) throw notHere(wanted, variants, from[0], options);
    for (const { manifest } of matching) going.set(manifest.digest, manifest);
  }
  const isGoing = ({ manifest }: Pick<Variant, 'manifest'>): boolean => going.has(manifest.digest);
  const isEmptied = ({ images }: KeptRoot): boolean => images.length > 0 && images.every(isGoing);
  if (variants.every(isGoing) || from.some(isEmptied)) throw nothingLeft(options);
  const manifests = [...going.values()];
  const dropped = await store.dropManifests({ manifests, from: from.map(({ stored }) => stored) }, { signal });
  const gone = new Set(dropped.manifests);
  const steps = manifests.flatMap(({ digest }): readonly RemovalStep[] =>
    gone.has(digest)
      ? [{ deleted: digest }]
      : from.filter((root) => hasManifest(root, digest)).flatMap((root) => untagged(root, digest)),
  );
  return { steps, images: [], bytes: dropped.bytes };
}

interface Variant {
  readonly platform: Platform;
  readonly manifest: Descriptor;
}

/** What was brought in for these references, and what is there below their index all the same and is no other's. */
async function variantsHere(
  from: readonly [KeptRoot, ...KeptRoot[]],
  store: DiskStore,
  { others, signal }: RemovePlatformsOptions,
): Promise<readonly Variant[]> {
  const variants = new Map<Digest, Variant>();
  for (const { descriptor, kind, platform, contentSize } of await imageManifests(from[0], store, { signal })) {
    if (kind !== 'image' || platform === undefined || contentSize === 0) continue;
    if (others.some((root) => hasManifest(root, descriptor.digest))) continue;
    variants.set(descriptor.digest, { platform, manifest: descriptor });
  }
  for (const { stored, images } of from) {
    for (const { manifest, platform } of images) variants.set(manifest.digest, { platform, manifest });
    // One that a disk has damaged is known by what was noted of it.
    for (const manifest of stored.manifests) {
      const { digest, platform } = manifest;
      if (platform !== undefined && !variants.has(digest)) variants.set(digest, { platform, manifest });
    }
  }
  return [...variants.values()];
}

function hasManifest({ stored: { root, manifests } }: KeptRoot, wanted: Digest): boolean {
  return root.digest === wanted || manifests.some(({ digest }) => digest === wanted);
}

/** Unlike in a pull, another platform that would run as well is not meant. */
function isSame(wanted: Platform, have: Platform): boolean {
  const [a, b] = [normalizePlatform(wanted), normalizePlatform(have)];
  if (a.os !== b.os || a.architecture !== b.architecture || a.variant !== b.variant) return false;
  return a.osVersion === undefined || a.osVersion === b.osVersion;
}

function untagged({ reference }: KeptRoot, digest: Digest): readonly RemovalStep[] {
  return reference === undefined ? [] : [{ untagged: `${familiarName(reference)}@${digest}` }];
}

function notHere(
  wanted: Platform,
  variants: readonly Variant[],
  root: KeptRoot,
  { what, host }: RemovePlatformsOptions,
): DrayError {
  const id = shownImage(root, host)?.id ?? root.stored.root.digest;
  const name = root.reference === undefined ? what : familiarString(root.reference);
  const message =
    `failed to delete platform ${formatPlatform(wanted)} for image ${id}: ` +
    `image with reference ${name} was found but does not provide any platform`;
  const has = variants.map(({ platform }) => formatPlatform(platform)).join(', ');
  return new DrayError('PLATFORM_UNKNOWN', message, { ...(has !== '' && { hint: `it is here for ${has}` }) });
}

function nothingLeft({ what, platforms }: RemovePlatformsOptions): DrayError {
  const message = `conflict: unable to delete ${platforms.join(', ')} of ${what} - nothing of the image would be left`;
  return new DrayError('CONFLICT', message, { hint: 'remove the whole image, without --platform' });
}
