import { type CallOptions, type DocumentOptions, readDocument, readGraph } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  familiarString,
  fullString,
  isArtifact,
  isIndexType,
  type Manifest,
  type Platform,
  parseConfig,
  parseManifest,
  parsePlatform,
  type Reference,
  withDefaultTag,
} from '#oci';
import type { FetchedManifest, Repository } from '#registry';
import { chooseManifests } from './place/choose-manifests.ts';
import { whyNoImage } from './place/no-image.ts';
import { platformOf } from './place/read-images.ts';
import type { Places } from './places.ts';
import { parseRemote } from './remote/parse-remote.ts';
import type { LookOptions, ManifestResult } from './types.ts';
import { chooseFrom, type Wanted } from './wanted.ts';

const LARGEST_CONFIG = 8 * 1024 * 1024;

/** The manifest or index of a name as the registry has it; with `platform`, that platform's manifest. */
export async function lookAtManifest(text: string, places: Places, options: LookOptions = {}): Promise<ManifestResult> {
  return over(text, places, options, async (repository, reference) => {
    const fetched = await manifestOf(repository, reference, options);
    const platform = options.platform === undefined ? undefined : parsePlatform(options.platform, places.host);
    const { descriptor, bytes } =
      platform === undefined
        ? fetched
        : await follow(repository, fetched, { reference, platform, ...how(places, options) });
    return { fullName: fullString(reference), descriptor, bytes };
  });
}

/** The config of one platform's image, the machine's own by default. Rejects with UNSUPPORTED for an artifact. */
export async function lookAtConfig(text: string, places: Places, options: LookOptions = {}): Promise<Uint8Array> {
  const platform = options.platform === undefined ? places.host : parsePlatform(options.platform, places.host);
  return over(text, places, options, async (repository, reference) => {
    const fetched = await manifestOf(repository, reference, options);
    const documents = how(places, options);
    const { descriptor, bytes } = await follow(repository, fetched, { reference, platform, ...documents });
    const manifest = parseManifest(bytes, descriptor.mediaType);
    const flaw = isArtifact(manifest) ? whyNoImage(familiarString(reference), descriptor, manifest) : undefined;
    if (flaw !== undefined) throw flaw;
    return readConfig(repository, manifest, documents);
  });
}

/** Digest of what a name stands for; with `platform`, of that platform's manifest. */
export async function lookAtDigest(text: string, places: Places, options: LookOptions = {}): Promise<string> {
  if (options.platform !== undefined) return (await lookAtManifest(text, places, options)).descriptor.digest;
  return over(text, places, options, async (repository, reference) => {
    const { digest } = await repository.resolve(nameIn(reference), {
      signal: options.signal,
      onEvent: options.onEvent,
    });
    return digest;
  });
}

async function over<T>(
  text: string,
  places: Places,
  options: CallOptions,
  look: (repository: Repository, reference: Reference) => Promise<T>,
): Promise<T> {
  const reference = withDefaultTag(parseRemote(text));
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

function how({ retries }: Places, { signal, onEvent }: CallOptions): DocumentOptions {
  return { retries, signal, onEvent };
}

interface FollowOptions extends DocumentOptions {
  readonly reference: Reference;
  readonly platform: Platform;
}

/** From an index down to one platform's manifest, chosen as a pull would. */
async function follow(
  repository: Repository,
  root: FetchedManifest,
  { reference, platform, ...options }: FollowOptions,
): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array }> {
  if (!isIndexType(root.descriptor.mediaType)) return root;
  const wanted: Wanted = { platforms: [platform], named: true };
  const graph = await readGraph(repository, root.descriptor, {
    ...options,
    rootBytes: root.bytes,
    choose: (index) => chooseFrom(index, wanted),
  });
  const what = familiarString(reference);
  const platformIn = async (manifest: Manifest): Promise<Platform | undefined> =>
    isArtifact(manifest) ? undefined : platformOf(parseConfig(await readConfig(repository, manifest, options)));
  const [node] = await chooseManifests(graph, { wanted, what, platformIn });
  if (node === undefined) throw new DrayError('BUG', `no manifest of ${what} was chosen`);
  return node;
}

function readConfig(repository: Repository, { config }: Manifest, options: DocumentOptions): Promise<Uint8Array> {
  return readDocument(repository, config, { ...options, limit: LARGEST_CONFIG });
}
