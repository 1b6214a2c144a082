import { type CallOptions, readDocument } from '#content';
import {
  familiarString,
  fullString,
  isIndexType,
  type Platform,
  parseIndex,
  parseManifest,
  parsePlatform,
  parseReference,
  pickPlatform,
  type Reference,
  withDefaultTag,
} from '#oci';
import type { FetchedManifest, Repository } from '#registry';
import type { Places } from './places.ts';
import type { LookOptions, ManifestResult } from './types.ts';
import { platformMissing, platformsIn } from './wanted.ts';

const LARGEST_CONFIG = 8 * 1024 * 1024;
const DEEPEST = 4;

/** The manifest or index of a name as the registry has it; with `platform`, that platform's manifest. */
export async function lookAtManifest(text: string, places: Places, options: LookOptions = {}): Promise<ManifestResult> {
  return over(text, places, options, async (repository, reference) => {
    const fetched = await manifestOf(repository, reference, options);
    const platform = options.platform === undefined ? undefined : parsePlatform(options.platform, places.host);
    const { descriptor, bytes } =
      platform === undefined ? fetched : await follow(repository, reference, fetched, platform);
    return { fullName: fullString(reference), descriptor, bytes };
  });
}

/** The config of one platform's image, the machine's own by default. Rejects with UNSUPPORTED for an artifact. */
export async function lookAtConfig(text: string, places: Places, options: LookOptions = {}): Promise<Uint8Array> {
  const platform = options.platform === undefined ? places.host : parsePlatform(options.platform, places.host);
  return over(text, places, options, async (repository, reference) => {
    const fetched = await manifestOf(repository, reference, options);
    const { descriptor, bytes } = await follow(repository, reference, fetched, platform);
    const manifest = parseManifest(bytes, descriptor.mediaType);
    return readDocument(repository, manifest.config, { ...options, limit: LARGEST_CONFIG });
  });
}

/** Digest of what a name stands for; with `platform`, of that platform's manifest. */
export async function lookAtDigest(text: string, places: Places, options: LookOptions = {}): Promise<string> {
  if (options.platform !== undefined) return (await lookAtManifest(text, places, options)).descriptor.digest;
  return over(text, places, options, async (repository, reference) => {
    const { digest } = await repository.resolve(nameIn(reference), options);
    return digest;
  });
}

async function over<T>(
  text: string,
  places: Places,
  options: CallOptions,
  look: (repository: Repository, reference: Reference) => Promise<T>,
): Promise<T> {
  const reference = withDefaultTag(parseReference(text));
  return places.registries.over(reference, (repository) => look(repository, reference), {
    action: 'look at',
    signal: options.signal,
    onEvent: options.onEvent,
  });
}

function nameIn(reference: Reference): string {
  return reference.digest ?? reference.tag ?? 'latest';
}

async function manifestOf(
  repository: Repository,
  reference: Reference,
  options: CallOptions,
): Promise<FetchedManifest> {
  return repository.manifest(nameIn(reference), { signal: options.signal, onEvent: options.onEvent });
}

/** From an index down to one platform's manifest. */
async function follow(
  repository: Repository,
  reference: Reference,
  root: FetchedManifest,
  platform: Platform,
): Promise<FetchedManifest> {
  let { descriptor, bytes } = root;
  for (let depth = 0; isIndexType(descriptor.mediaType); depth += 1) {
    const index = parseIndex(bytes, descriptor.mediaType);
    const entry =
      pickPlatform(index.manifests, platform) ?? index.manifests.find(({ mediaType }) => isIndexType(mediaType));
    if (entry === undefined || depth >= DEEPEST) {
      throw platformMissing(familiarString(reference), platform, platformsIn([index]));
    }
    descriptor = entry;
    bytes = await readDocument(repository, entry);
  }
  return { descriptor, bytes };
}
