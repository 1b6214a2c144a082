import { type CallOptions, cachedSource, createLimit, readDocument, type Source } from '#content';
import { CODES, DrayError, isDrayError } from '#errors';
import {
  type Digest,
  isArtifact,
  isAttestation,
  isIndexType,
  type Manifest,
  type Platform,
  parseConfig,
  parseIndex,
  parseManifest,
  pickPlatform,
  type Reference,
} from '#oci';
import type { Repository } from '#registry';
import type { Places } from '../places.ts';

/** More tags than this are not looked at one by one. */
const MOST_TAGS = 2000;
const AT_ONCE = 6;
const LARGEST_CONFIG = 8 * 1024 * 1024;

/**
 * When the images of tags were made, by their configs (that of the machine's own platform, else of the first): milliseconds since the epoch, undefined
 * where a config does not say or there is none. Takes two requests for each tag, several at a time, and what the store has is not asked for.
 */
export async function tagDates(
  repository: Reference,
  tags: readonly string[],
  places: Places,
  options: CallOptions,
): Promise<ReadonlyMap<string, number | undefined>> {
  if (tags.length > MOST_TAGS) {
    throw new DrayError('INVALID_OPTION', `the dates of ${tags.length} tags would take ${2 * tags.length} requests`, {
      hint: `leave fewer than ${MOST_TAGS} with --filter or --semver, or order them with --sort semver`,
    });
  }
  const { signal, onEvent } = options;
  return places.registries.over(
    repository,
    async (at) => {
      const limit = createLimit(AT_ONCE);
      const source = cachedSource(await places.store(), at);
      const look: Look = { repository: at, source, host: places.host, known: new Map(), signal, onEvent };
      const found = await Promise.all(
        tags.map(async (tag) => {
          const leave = await limit.acquire(signal);
          try {
            return [tag, await dateOf(tag, look)] as const;
          } finally {
            leave();
          }
        }),
      );
      return new Map(found);
    },
    { action: 'look at the tags of', signal, onEvent },
  );
}

interface Look extends CallOptions {
  readonly repository: Repository;
  /** The repository, and before it the store. */
  readonly source: Source;
  readonly host: Platform;
  /** By config: tags often stand for the same image. */
  readonly known: Map<Digest, Promise<number | undefined>>;
}

/** Undefined for what is no image, or a broken one: the others have their order all the same. */
async function dateOf(tag: string, look: Look): Promise<number | undefined> {
  try {
    const manifest = await manifestOf(tag, look);
    if (manifest === undefined || isArtifact(manifest)) return undefined;
    const { digest } = manifest.config;
    const date = look.known.get(digest) ?? createdIn(manifest, look);
    look.known.set(digest, date);
    return await date;
  } catch (error) {
    const family = isDrayError(error) ? CODES[error.code].family : undefined;
    if (family === 'integrity' || family === 'absence') return undefined;
    throw error;
  }
}

async function manifestOf(tag: string, look: Look): Promise<Manifest | undefined> {
  const { repository, source, host, signal, onEvent } = look;
  const { descriptor, bytes } = await repository.manifest(tag, { signal, onEvent });
  if (!isIndexType(descriptor.mediaType)) return parseManifest(bytes, descriptor.mediaType);
  const { manifests } = parseIndex(bytes, descriptor.mediaType);
  const entry = pickPlatform(manifests, host) ?? manifests.find((one) => !isAttestation(one));
  if (entry === undefined || isIndexType(entry.mediaType)) return undefined;
  return parseManifest(await readDocument(source, entry, { signal, onEvent }), entry.mediaType);
}

async function createdIn({ config }: Manifest, { source, signal, onEvent }: Look): Promise<number | undefined> {
  const { created } = parseConfig(await readDocument(source, config, { limit: LARGEST_CONFIG, signal, onEvent }));
  return created === undefined ? undefined : Date.parse(created);
}
