import { type Descriptor, formatPlatform } from '#oci';
import type { LayeredImage } from '../files/layered-image.ts';
import { withLayers } from '../files/open-image.ts';
import type { Places } from '../places.ts';
import { compareConfigs } from './compare-configs.ts';
import { compareFiles } from './compare-files.ts';
import type { ComparedImage, CompareOptions, Comparison } from './comparison.ts';

/**
 * How two images differ, wherever they are (the store first, then the registry): files, config, layers. Layers that both have from the base on are not
 * fetched, and read only where they are here.
 */
export async function compareImages(
  first: string,
  second: string,
  places: Places,
  options: CompareOptions = {},
): Promise<Comparison> {
  const how = { ...options, action: 'compare' };
  return withLayers(first, places, how, (a) =>
    withLayers(second, places, how, (b) => compareOpened(a, b, options.deep === true)),
  );
}

async function compareOpened(a: LayeredImage, b: LayeredImage, deep: boolean): Promise<Comparison> {
  const shared = sharedLayers(a, b);
  const files = await compareFiles(a, b, { shared, deep });
  const config = compareConfigs(a.image.config, b.image.config);
  const own = ({ layers }: LayeredImage): readonly Descriptor[] => layers.slice(shared);
  return {
    a: named(a),
    b: named(b),
    equal: files.length === 0 && config.length === 0,
    files,
    config,
    layers: { shared: a.layers.slice(0, shared), a: own(a), b: own(b) },
  };
}

/** Layers from the base on that are the same when uncompressed. */
function sharedLayers(a: LayeredImage, b: LayeredImage): number {
  const first = a.image.config.rootfs.diffIds;
  const second = b.image.config.rootfs.diffIds;
  let shared = 0;
  while (shared < Math.min(first.length, second.length) && first[shared] === second[shared]) shared += 1;
  return shared;
}

function named({ image, what }: LayeredImage): ComparedImage {
  const { manifest, document, platform } = image;
  return {
    reference: what,
    manifest: manifest.digest,
    id: document.config.digest,
    platform: formatPlatform(platform),
  };
}
