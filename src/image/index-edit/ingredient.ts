import type { CallOptions } from '#content';
import { type Descriptor, fullName, type Reference } from '#oci';
import { copyImage } from '../copy/copy.ts';
import { select } from '../copy/selection.ts';
import { withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { wantedPlatforms } from '../wanted.ts';

export interface IngredientOptions extends CallOptions {
  /** Of images for several platforms only these; all by default. */
  readonly platform?: string | readonly string[] | undefined;
  readonly concurrency?: number | undefined;
}

/** An image that is to be in an index. */
export interface Ingredient {
  /** As it was named. */
  readonly image: string;
  readonly root: Descriptor;
  /** What an index has for it: the entries of its own index, or one with the platform that its config says. */
  readonly entries: readonly Descriptor[];
}

/** Reads an image's documents wherever it is; nothing is copied. Rejects as `withImage` and `select`. */
export async function readIngredient(
  image: string,
  places: Places,
  { platform, signal, onEvent }: IngredientOptions,
): Promise<Ingredient> {
  const wanted = wantedPlatforms({ platform, allPlatforms: platform === undefined }, places.host);
  const how = { plain: 'registry', action: 'look at', signal, onEvent } as const;
  return withImage(image, places, how, async (placed) => {
    const { retries, host } = places;
    const { root, nodes, images } = await select(placed, { wanted, host, images: true, retries, signal, onEvent });
    const top = nodes.find(({ descriptor }) => descriptor.digest === root.digest);
    return { image, root, entries: top?.index?.manifests ?? [withPlatform(root, images[0])] };
  });
}

/** Brings an image into the repository of `target`, where it is known by its digests alone. */
export async function bring(
  { image, root }: Ingredient,
  target: Reference,
  places: Places,
  { platform, concurrency, signal, onEvent }: IngredientOptions,
): Promise<void> {
  const call = { platform, concurrency, referrers: false, signal, onEvent };
  await copyImage(image, `docker://${fullName(target)}@${root.digest}`, places, call);
}

function withPlatform(root: Descriptor, image: Pick<Descriptor, 'platform'> | undefined): Descriptor {
  return image?.platform === undefined ? root : { ...root, platform: image.platform };
}
