import type { LayerItem } from '#archive';
import { DrayError } from '#errors';
import { printable } from '#oci';
import type { Places } from '../places.ts';
import { FileFinder } from './find-file.ts';
import type { LayeredImage } from './layered-image.ts';
import { type OpenImageOptions, withLayers } from './open-image.ts';
import { type GiveChunk, piped } from './piped.ts';

/**
 * The content of files, one after the other: all are found before the first byte of one is given, and nothing is given that has not been verified.
 * Symbolic links are followed within the image. Rejects with NOT_FOUND, or INVALID_OPTION for what is no file.
 */
export function readFile(
  text: string,
  paths: readonly string[],
  places: Places,
  options: OpenImageOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  return piped((give) => giveFiles(text, paths, places, { ...options, give }));
}

interface Found {
  readonly image: LayeredImage;
  readonly items: readonly LayerItem[];
}

async function giveFiles(
  text: string,
  paths: readonly string[],
  places: Places,
  options: OpenImageOptions & { readonly give: GiveChunk },
): Promise<void> {
  const giveAll = async (image: LayeredImage, items: readonly LayerItem[]): Promise<void> => {
    for (const item of items) {
      await image.contents([item], async (_, bytes) => {
        for await (const chunk of bytes) await options.give(chunk);
      });
    }
  };
  // Of a registry everything is here by then: what fails from there on is not the endpoint's fault, and nothing is given twice.
  const after = async ({ image, items }: Found): Promise<void> => {
    if (!image.isBorrowed) await giveAll(image, items);
  };
  await withLayers(text, places, { ...options, action: 'read files of', after }, async (image): Promise<Found> => {
    const finder = new FileFinder(image);
    const items: LayerItem[] = [];
    for (const path of paths) items.push(await fileAt(finder, path));
    if (image.isBorrowed) await giveAll(image, items);
    return { image, items };
  });
}

async function fileAt(finder: FileFinder, path: string): Promise<LayerItem> {
  const found = await finder.find(path, { follow: true });
  const type = 'item' in found ? found.item.type : 'directory';
  if ('item' in found && type === 'file') return found.item;
  throw new DrayError('INVALID_OPTION', `${printable(path, 4096)} is ${NAMES[type] ?? 'no file'}, not a file`, {
    hint: type === 'directory' ? 'dray ls IMAGE PATH lists what is in it' : 'dray ls -l IMAGE PATH shows it',
  });
}

const NAMES: Readonly<Record<string, string>> = {
  directory: 'a folder',
  character: 'a device',
  block: 'a device',
  fifo: 'a named pipe',
};
