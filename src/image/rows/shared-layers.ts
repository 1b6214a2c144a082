import type { Digest } from '#oci';
import { chainIds } from '../remove/chains.ts';
import type { KeptImage } from '../stored/kept-image.ts';
import type { SizeOf } from '../stored/layer-size.ts';

export interface SharedLayers {
  /** Bytes of all layers, each counted once. */
  readonly total: number;
  /** Bytes of those layers of an image that another has too. */
  sharedBy(image: KeptImage): number;
}

/** What images have in common, as docker counts it: a layer is the same on the same layers below. */
export function sharedLayers(images: readonly KeptImage[], sizeOf: SizeOf): SharedLayers {
  const users = new Map<Digest, number>();
  let total = 0;
  for (const image of images) {
    for (const { chain, size } of layersOf(image, sizeOf)) {
      const before = users.get(chain) ?? 0;
      if (before === 0) total += size;
      users.set(chain, before + 1);
    }
  }
  return {
    total,
    sharedBy(image) {
      const shared = layersOf(image, sizeOf).filter(({ chain }) => (users.get(chain) ?? 0) > 1);
      return shared.reduce((sum, { size }) => sum + size, 0);
    },
  };
}

function layersOf(
  { config, document }: KeptImage,
  sizeOf: SizeOf,
): readonly { readonly chain: Digest; readonly size: number }[] {
  const chains = chainIds(config);
  return document.layers.flatMap((layer, at) => {
    const chain = chains[at];
    return chain === undefined ? [] : [{ chain, size: sizeOf(layer) }];
  });
}
