import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  familiarName,
  formatPlatform,
  fullString,
  type Platform,
  parsePlatform,
  parseReference,
} from '#oci';
import { readImages } from '../place/read-images.ts';
import { type PlacedImage, withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { wantedPlatforms } from '../wanted.ts';
import { type KeptImage, keptImage, readWhole, type WholeImage } from './kept-image.ts';
import { findRoot, imageFor, type KeptRoot, keptRoot, keptRoots, shownImage } from './kept-root.ts';
import { layerSizes, type SizeOf } from './layer-size.ts';

export interface WithKeptOptions extends CallOptions {
  /** For messages. */
  readonly action: string;
  /** `OS/ARCH[/VARIANT]`; by default the image that the text means, or the machine's own, or the first. */
  readonly platform?: string | undefined;
}

/** One image with all that this place knows of it. */
export interface KnownImage {
  readonly image: WholeImage;
  readonly root: Descriptor;
  /** Everything in the store that shows the same image; nothing elsewhere. */
  readonly named: readonly KeptRoot[];
  /** Bytes that a layer's files hold, where that is known, else of what it is. */
  readonly sizeOf: SizeOf;
}

/**
 * Finds one image, in the store where the text does not say another place, and lets `work` use it. Rejects with MANIFEST_UNKNOWN, with PLATFORM_UNKNOWN
 * where it is not there for the platform wanted, and with UNSUPPORTED for what is no image.
 */
export async function withKept<T>(
  text: string,
  places: Places,
  options: WithKeptOptions,
  work: (known: KnownImage) => T,
): Promise<T> {
  const { action, signal, onEvent } = options;
  return withImage(text, places, { plain: 'store', action, signal, onEvent }, async (placed) =>
    work(placed.stored === undefined ? await elsewhere(placed, places, options) : await kept(placed, places, options)),
  );
}

async function kept(placed: PlacedImage, places: Places, options: WithKeptOptions): Promise<KnownImage> {
  const { stored, manifest } = placed.stored ?? {};
  if (stored === undefined) throw new DrayError('BUG', `${placed.what} is not in the store`);
  const store = await places.store();
  const all = await keptRoots(store, options);
  const root = findRoot(all, stored) ?? (await keptRoot(stored, store, options));
  const image = choose(root, {
    meant: manifest,
    what: placed.what,
    host: places.host,
    platform: options.platform,
  });
  const { sizeOf } = await layerSizes([image], store, options);
  const whole = await readWhole(image.manifest, store, options);
  if (whole === undefined) throw new DrayError('BUG', `${placed.what} is no image any more`);
  return {
    image: whole,
    root: stored.root,
    named: all.filter(
      (each) => shownImage(each, places.host)?.id === image.id || each.stored.root.digest === stored.root.digest,
    ),
    sizeOf,
  };
}

interface Choice {
  /** What the text means, where it is an ID. */
  readonly meant: Descriptor | undefined;
  readonly what: string;
  readonly host: Platform;
  readonly platform: string | undefined;
}

function choose(root: KeptRoot, { meant, what, host, platform }: Choice): KeptImage {
  if (root.images.length === 0) {
    throw root.flaw ?? new DrayError('UNSUPPORTED', `${what} is no image: it has nothing to run`);
  }
  const wanted = platform === undefined ? undefined : parsePlatform(platform, host);
  const image =
    wanted !== undefined
      ? imageFor(root.images, wanted)
      : (root.images.find(({ manifest }) => manifest.digest === meant?.digest) ?? shownImage(root, host));
  if (image !== undefined) return image;
  const has = root.images.map((each) => formatPlatform(each.platform)).join(', ');
  const message = `image with reference ${what} was found but does not provide the specified platform (${platform})`;
  throw new DrayError('PLATFORM_UNKNOWN', message, { hint: `it is here for ${has}` });
}

async function elsewhere(placed: PlacedImage, places: Places, options: WithKeptOptions): Promise<KnownImage> {
  const { what, source, root, rootBytes } = placed;
  const read = await readImages(source, root, {
    wanted: wantedPlatforms({ platform: options.platform }, places.host),
    host: places.host,
    artifacts: false,
    what,
    rootBytes,
    retries: places.retries,
    signal: options.signal,
    onEvent: options.onEvent,
  });
  const [first] = read.images;
  if (first === undefined) throw new DrayError('UNSUPPORTED', `${what} is no image: it has nothing to run`);
  const name = placed.names[0];
  const stored = {
    name,
    root,
    manifests: [first.manifest],
    source: placed.place === 'registry' ? what : '',
    pulled: '',
  };
  const image = { ...first, id: first.document.config.digest };
  const named = placed.names.map((each) => ({
    stored: { ...stored, name: each },
    reference: parseReference(each),
    images: [keptImage(image)],
    flaw: undefined,
  }));
  return { image, root, named, sizeOf: ({ size }) => size };
}

/** Names with a tag, in docker's order. */
export function repoTags(named: readonly KeptRoot[]): readonly string[] {
  const references = named.flatMap(({ reference }) => reference ?? []).filter(({ digest }) => digest === undefined);
  return references
    .toSorted((a, b) => (fullString(a) < fullString(b) ? -1 : 1))
    .map((reference) => `${familiarName(reference)}:${reference.tag}`);
}

/** What registries have the image as: `repository@digest`. */
export function repoDigests(named: readonly KeptRoot[]): readonly string[] {
  const all = named.flatMap(({ reference, stored }) => {
    const digest: Digest | undefined = reference?.digest ?? (stored.source === '' ? undefined : stored.root.digest);
    return reference === undefined || digest === undefined ? [] : `${familiarName(reference)}@${digest}`;
  });
  return [...new Set(all)].toSorted((a, b) => (a < b ? -1 : 1));
}
