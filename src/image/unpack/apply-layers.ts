import { applyLayer, type DiskFolder, type Tree } from '#archive';
import type { ResolvedImage } from '../place/read-images.ts';
import type { PlacedImage } from '../place/with-image.ts';
import { type LayerContentOptions, layerContent } from './layer-content.ts';

/** More are in no image, and each costs memory. */
export const MOST_ENTRIES = 4_000_000;

/** Applies all layers of an image to a tree, base first; each is compared with its diff_id. Rejects as `applyLayer` does. */
export async function applyLayers(
  tree: Tree<DiskFolder>,
  image: ResolvedImage,
  placed: PlacedImage,
  options: LayerContentOptions,
): Promise<void> {
  const { layers } = image.document;
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  const { what: reference } = placed;
  options.onEvent?.({ kind: 'image-planned', reference, manifest: image.manifest, layers, total, present: 0 });
  for (const index of layers.keys()) {
    const { content, ...layer } = await layerContent(image, index, placed, options);
    await applyLayer(tree, content, {
      ...layer,
      lowest: index === 0,
      mostEntries: MOST_ENTRIES,
      signal: options.signal,
    });
  }
}
