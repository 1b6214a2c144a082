import { type LayerItem, type MemoryFile, type MemoryFolder, MemoryTree } from '#archive';
import { DrayError } from '#errors';
import { printable } from '#oci';
import type { LayeredImage } from './layered-image.ts';
import { PlainLayer } from './plain-layer.ts';

/** What stands at a path of an image. */
export type FoundFile = { readonly item: LayerItem } | { readonly folder: () => Promise<MemoryFolder> };

/** Symbolic links that are followed for one path, as Linux has it. */
const MOST_LINKS = 40;

/** Finds files in an image, in as few of its layers as can tell, the top one first. */
export class FileFinder {
  readonly #image: LayeredImage;
  readonly #plain = new Map<number, PlainLayer>();
  #tree: Promise<MemoryTree> | undefined;

  constructor(image: LayeredImage) {
    this.#image = image;
  }

  /** All that the image has; needs all layers. */
  tree(): Promise<MemoryTree> {
    this.#tree ??= this.#merge();
    return this.#tree;
  }

  /**
   * What stands at `path`. Links on the way are followed within the image, with `follow` the last one too. What is in a folder only all layers tell.
   * Rejects with NOT_FOUND.
   */
  async find(path: string, { follow }: { readonly follow: boolean }): Promise<FoundFile> {
    let names = namesOf([], path);
    for (let links = 0; links <= MOST_LINKS; links += 1) {
      const step = (await this.#top(names)) ?? stepIn((await this.tree()).root, names);
      if (step.kind === 'absent') throw absent(path, names);
      if (step.kind === 'folder') return { folder: () => this.#folder(names) };
      const { item, rest } = step;
      if (item.type === 'symlink' && (rest.length > 0 || follow)) {
        names = [...namesOf(names.slice(0, names.length - rest.length - 1), item.linkName), ...rest];
      } else if (rest.length > 0) throw absent(path, names);
      else return { item: await this.#content(item) };
    }
    throw new DrayError('NOT_FOUND', `${shown(path)} leads in a circle of symbolic links`);
  }

  async #folder(names: readonly string[]): Promise<MemoryFolder> {
    const step = stepIn((await this.tree()).root, names);
    if (!('folder' in step)) throw absent(names.join('/'), names);
    return step.folder;
  }

  /** Layers from the top, until one tells; undefined where only all of them together can. */
  async #top(names: readonly string[]): Promise<Step | undefined> {
    if (names.length === 0) return { kind: 'folder' };
    if (this.#tree !== undefined) return undefined;
    const folders = new Set<number>();
    for (let layer = this.#image.layers.length - 1; layer >= 0; layer -= 1) {
      const told = (await this.#layer(layer)).find(names, folders);
      if (told === 'unclear') return undefined;
      if (told !== 'below') return told;
    }
    return { kind: 'absent' };
  }

  async #layer(layer: number): Promise<PlainLayer> {
    const known = this.#plain.get(layer) ?? new PlainLayer(await this.#image.items(layer));
    this.#plain.set(layer, known);
    return known;
  }

  /** A hard link is as good as what it is another name of. */
  async #content(item: LayerItem): Promise<LayerItem> {
    if (item.type !== 'hardlink') return item;
    const target = (await this.#layer(item.layer)).linked(item);
    if (target !== undefined) return target;
    const step = stepIn((await this.tree()).root, namesOf([], item.name));
    if (step.kind === 'item' && step.item.type !== 'hardlink') return step.item;
    throw new DrayError('CORRUPT_LAYER', `${shown(item.name)} is a hard link to nothing`);
  }

  async #merge(): Promise<MemoryTree> {
    const { layers } = this.#image;
    await this.#image.bring(layers.map((_, layer) => layer));
    const tree = new MemoryTree();
    for (const layer of layers.keys()) tree.apply(await this.#image.items(layer), { lowest: layer === 0 });
    return tree;
  }
}

/** What a search comes to: nothing, a folder, or something else, perhaps on the way with names left behind it. */
export type Step =
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'item'; readonly item: LayerItem; readonly rest: readonly string[] };

function stepIn(
  root: MemoryFolder,
  names: readonly string[],
): Step | { readonly kind: 'folder'; readonly folder: MemoryFolder } {
  let node: MemoryFolder | MemoryFile = root;
  for (const [at, name] of names.entries()) {
    if (node.kind === 'file') return { kind: 'item', item: node.item, rest: names.slice(at) };
    const child: MemoryFolder | MemoryFile | undefined = node.children.get(name);
    if (child === undefined) return { kind: 'absent' };
    node = child;
  }
  return node.kind === 'folder' ? { kind: 'folder', folder: node } : { kind: 'item', item: node.item, rest: [] };
}

/** Where `path` leads from the folder `way`; `..` stops at the root. */
export function namesOf(way: readonly string[], path: string): readonly string[] {
  const names = path.startsWith('/') ? [] : [...way];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

function absent(path: string, names: readonly string[]): DrayError {
  const at = `/${names.join('/')}`;
  const led = namesOf([], path).join('/') === names.join('/') ? '' : ` (it leads to ${shown(at)})`;
  return new DrayError('NOT_FOUND', `${shown(path)} is not in the image${led}`, {
    hint: 'dray ls -R IMAGE lists all that is there',
    detail: { path },
  });
}

function shown(path: string): string {
  return printable(path, 4096);
}
