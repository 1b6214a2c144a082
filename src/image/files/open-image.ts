import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { isIndexType } from '#oci';
import type { Lease } from '#store';
import { type ResolvedImage, readImages } from '../place/read-images.ts';
import { type PlacedImage, withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { shownManifest } from '../stored/find-stored.ts';
import { holdIn } from '../stored/hold.ts';
import { wantedPlatforms } from '../wanted.ts';
import { LayeredImage } from './layered-image.ts';

export interface OpenImageOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`; the machine's own by default. */
  readonly platform?: string | undefined;
}

export interface WithLayersOptions<T> extends OpenImageOptions {
  /** For messages: "list the files of". */
  readonly action: string;
  /** Called with what `work` gave, when no endpoint is asked any more; what was brought is still held. */
  readonly after?: ((result: T) => Promise<void>) | undefined;
}

/**
 * Finds one platform's image (the store first, then the registry) and lets `work` look into its layers. What has to come from a registry is kept in the
 * store as a pull would keep it: verified before it is looked at, continued where it stopped, and there for the next look. With a registry, `work` may be
 * called again for the next endpoint.
 */
export async function withLayers<T>(
  text: string,
  places: Places,
  options: WithLayersOptions<T>,
  work: (image: LayeredImage) => Promise<T>,
): Promise<T> {
  const { action, signal, onEvent } = options;
  let lease: Lease | undefined;
  try {
    const result = await withImage(text, places, { plain: 'store-first', action, signal, onEvent }, async (placed) => {
      const image = await readOne(placed, places, options);
      if (placed.place === 'registry') {
        lease ??= holdIn(await places.store());
        await lease.add(image.document.layers, { signal });
      }
      return work(await layered(image, placed, places, options));
    });
    await options.after?.(result);
    return result;
  } finally {
    await lease?.release();
  }
}

/** The documents of the one image that the options mean. */
export async function readOne(placed: PlacedImage, places: Places, options: OpenImageOptions): Promise<ResolvedImage> {
  const { rootBytes, what, source, stored } = placed;
  // Of what was pulled for another platform that one is meant, where none is named.
  const shown = stored === undefined || options.platform !== undefined ? undefined : shownManifest(stored, places.host);
  const kept = new Set(stored?.stored.manifests.map(({ digest }) => digest));
  const { images } = await readImages(source, shown ?? placed.root, {
    wanted: wantedPlatforms({ platform: options.platform }, places.host),
    host: places.host,
    artifacts: false,
    what,
    ...(shown === undefined && { rootBytes }),
    ...(stored !== undefined && {
      available: ({ digest, mediaType }) => isIndexType(mediaType) || kept.has(digest),
    }),
    retries: places.retries,
    signal: options.signal,
    onEvent: options.onEvent,
  });
  const [image] = images;
  if (image === undefined) throw new DrayError('UNSUPPORTED', `${what} has no image in it`);
  return image;
}

async function layered(
  image: ResolvedImage,
  { place, what, source }: PlacedImage,
  places: Places,
  { signal, onEvent }: CallOptions,
): Promise<LayeredImage> {
  if (place !== 'registry') {
    return new LayeredImage(image, { what, source, verified: place === 'store', signal, onEvent });
  }
  const into = await places.store();
  const remote = { source, into, retries: places.retries };
  return new LayeredImage(image, { what, source: into, remote, verified: true, signal, onEvent });
}
