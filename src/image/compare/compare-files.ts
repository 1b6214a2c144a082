import { createHash } from 'node:crypto';
import type { LayerItem, MemoryFile, MemoryFolder } from '#archive';
import { hasCode } from '#errors';
import type { LayeredImage } from '../files/layered-image.ts';
import { type ImageFile, imageFile, imageFolder } from '../files/list-files.ts';
import type { FileAspect, FileChange } from './comparison.ts';
import { OwnTree } from './own-tree.ts';

export interface CompareFilesOptions {
  /** Layers, from the base on, that are the same in both. */
  readonly shared: number;
  /** Shared layers are fetched where they are not here. */
  readonly deep: boolean;
}

/** How the files of two images differ. Shared layers are only read where they are here already; of what is in both only the contents of candidates are read. */
export async function compareFiles(
  a: LayeredImage,
  b: LayeredImage,
  { shared, deep }: CompareFilesOptions,
): Promise<readonly FileChange[]> {
  if (shared === a.layers.length && shared === b.layers.length) return [];
  const base = [...Array(shared).keys()];
  const holder = (await a.hasAll(base)) ? a : (await b.hasAll(base)) ? b : undefined;
  const below = holder ?? (deep ? b : undefined);
  try {
    return await compareTrees(a, b, shared, below);
  } catch (error) {
    // A hard link of an upper layer may lead to a file of the shared ones.
    if (below !== undefined || !hasCode(error, 'CORRUPT_LAYER')) throw error;
    return compareTrees(a, b, shared, b);
  }
}

async function compareTrees(
  a: LayeredImage,
  b: LayeredImage,
  shared: number,
  below: LayeredImage | undefined,
): Promise<readonly FileChange[]> {
  const trees = { a: await treeOf(a, shared, below), b: await treeOf(b, shared, below) };
  const changes = new Map<string, FileChange>();
  const candidates: Candidate[] = [];
  for (const path of new Set([...trees.a.paths(), ...trees.b.paths()])) {
    const first = trees.a.at(path);
    const second = trees.b.at(path);
    if (typeof first === 'object' && typeof second === 'object') {
      if (isSame(first, second, shared)) continue;
      const files = { a: listed(first, path, a), b: listed(second, path, b) };
      const aspects = aspectsOf(files.a, files.b);
      if (aspects.length > 0) changes.set(path, { kind: 'changed', path, ...files, aspects });
      const items = comparable(first, second);
      if (items !== undefined) candidates.push({ path, files, ...items });
    } else if (typeof first === 'object') {
      if (second === 'gone') changes.set(path, { kind: 'removed', path, a: listed(first, path, a) });
      else if (first.kind === 'file' || !trees.a.isOnTheWay(path, first)) {
        changes.set(path, { kind: 'touched', path, a: listed(first, path, a) });
      }
    } else if (typeof second === 'object') {
      if (first === 'gone') changes.set(path, { kind: 'added', path, b: listed(second, path, b) });
      else if (second.kind === 'file' || !trees.b.isOnTheWay(path, second)) {
        changes.set(path, { kind: 'touched', path, b: listed(second, path, b) });
      }
    } else if (first !== second) changes.set(path, { kind: first === 'gone' ? 'added' : 'removed', path });
  }
  const holds = (image: LayeredImage, layer: number): LayeredImage => (layer < shared ? (below ?? image) : image);
  const first = await digests(
    candidates.map((candidate) => candidate.a),
    (layer) => holds(a, layer),
  );
  const second = await digests(
    candidates.map((candidate) => candidate.b),
    (layer) => holds(b, layer),
  );
  addContents(changes, candidates, first, second);
  return [...changes.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function treeOf(image: LayeredImage, shared: number, below: LayeredImage | undefined): Promise<OwnTree> {
  const own = [...image.layers.keys()].slice(shared);
  const tree = new OwnTree(below !== undefined || shared === 0);
  await below?.bring([...Array(shared).keys()]);
  await image.bring(own);
  if (below !== undefined)
    for (let layer = 0; layer < shared; layer += 1) tree.apply(await below.items(layer), layer === 0);
  for (const layer of own) tree.apply(await image.items(layer), layer === 0);
  return tree;
}

/** Both are of one entry of a shared layer. */
function isSame(a: MemoryFile | MemoryFolder, b: MemoryFile | MemoryFolder, shared: number): boolean {
  return a.kind === 'file' && b.kind === 'file' && a.item.layer < shared && a.item === b.item;
}

function listed(node: MemoryFile | MemoryFolder, path: string, image: LayeredImage): ImageFile {
  return node.kind === 'file' ? imageFile(node.item, path, image) : imageFolder(node, path, image);
}

function aspectsOf(a: ImageFile, b: ImageFile): FileAspect[] {
  if (a.type !== b.type) return ['type'];
  const aspects: FileAspect[] = [];
  if (a.mode !== b.mode) aspects.push('mode');
  if (a.uid !== b.uid || a.gid !== b.gid) aspects.push('owner');
  if (a.size !== b.size) aspects.push('size');
  if (a.link !== b.link) aspects.push('link');
  if (a.device?.major !== b.device?.major || a.device?.minor !== b.device?.minor) aspects.push('device');
  return aspects;
}

/** The entries of two files that are as long as each other. */
function comparable(
  a: MemoryFile | MemoryFolder,
  b: MemoryFile | MemoryFolder,
): { readonly a: LayerItem; readonly b: LayerItem } | undefined {
  if (a.kind === 'folder' || b.kind === 'folder' || a.item.type !== 'file' || b.item.type !== 'file') return undefined;
  return a.item.size === b.item.size && a.item.size > 0 ? { a: a.item, b: b.item } : undefined;
}

interface Candidate {
  readonly path: string;
  readonly files: { readonly a: ImageFile; readonly b: ImageFile };
  readonly a: LayerItem;
  readonly b: LayerItem;
}

type Digests = ReadonlyMap<LayerItem, string>;

/** Of files that are as long as each other only the content tells whether they are the same. */
function addContents(
  changes: Map<string, FileChange>,
  candidates: readonly Candidate[],
  first: Digests,
  second: Digests,
): void {
  for (const { path, files, a, b } of candidates) {
    if (first.get(a) === second.get(b)) continue;
    const aspects = [...(changes.get(path)?.aspects ?? []), 'content' as const];
    changes.set(path, { kind: 'changed', path, ...files, aspects });
  }
}

/** Digests of the contents of files; every layer is read once, as far as it must be. */
async function digests(items: readonly LayerItem[], imageWith: (layer: number) => LayeredImage): Promise<Digests> {
  const found = new Map<LayerItem, string>();
  const byLayer = new Map<number, Set<LayerItem>>();
  for (const item of items) {
    const some = byLayer.get(item.layer) ?? new Set();
    byLayer.set(item.layer, some.add(item));
  }
  for (const [layer, some] of byLayer) {
    await imageWith(layer).contents([...some], async (item, bytes) => {
      const hash = createHash('sha256');
      for await (const chunk of bytes) hash.update(chunk);
      found.set(item, hash.digest('hex'));
    });
  }
  return found;
}
