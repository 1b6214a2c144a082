import type { CallOptions } from '#content';
import { type Descriptor, fullName, type Reference } from '#oci';
import { copyImage } from '../copy/copy.ts';
import { select } from '../copy/selection.ts';
import { withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { wantedPlatforms } from '../wanted.ts';

export interface BringEntriesOptions extends CallOptions {
  /** Of images for several platforms only these; all by default. */
  readonly platform?: string | readonly string[] | undefined;
  readonly concurrency?: number | undefined;
}

/**
 * Brings an image, from wherever it is, into the repository of `target`, known by its digests alone, and resolves with the entries that an
 * index has for it: those of its own index, or one with the platform that its config says.
 */
export async function bringEntries(
  text: string,
  target: Reference,
  places: Places,
  options: BringEntriesOptions,
): Promise<readonly Descriptor[]> {
  const { platform, concurrency, signal, onEvent } = options;
  const wanted = wantedPlatforms({ platform, allPlatforms: platform === undefined }, places.host);
  const how = { plain: 'registry', action: 'look at', signal, onEvent } as const;
  const { root, entries } = await withImage(text, places, how, async (image) => {
    const { retries, host } = places;
    const chosen = await select(image, { wanted, host, images: true, retries, signal, onEvent });
    const top = chosen.nodes.find(({ descriptor }) => descriptor.digest === chosen.root.digest);
    return { root: chosen.root, entries: top?.index?.manifests ?? [withPlatform(chosen.root, chosen.images[0])] };
  });
  const call = { platform, concurrency, referrers: false, signal, onEvent };
  await copyImage(text, `docker://${fullName(target)}@${root.digest}`, places, call);
  return entries;
}

function withPlatform(root: Descriptor, image: Pick<Descriptor, 'platform'> | undefined): Descriptor {
  return image?.platform === undefined ? root : { ...root, platform: image.platform };
}
