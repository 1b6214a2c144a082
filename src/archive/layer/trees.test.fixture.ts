import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf } from '#bytes';
import { applyLayer } from './apply-layer.ts';
import { DiskTree } from './disk/disk-tree.ts';
import { Folder } from './disk/folder.ts';
import type { Unset } from './disk/notes.ts';
import { diffIdOf, layerTar, type TarPart } from './layer-tar.test.fixture.ts';
import { listLayer } from './list-layer.ts';
import { type MemoryFolder, MemoryTree } from './memory-tree.ts';

export interface Unpacked {
  /** What is in the folder: `name: content`, `name -> target`, `name/`, in order. */
  readonly lines: readonly string[];
  readonly path: string;
  readonly unset: ReadonlyMap<string, Unset>;
}

/** A folder that is gone when the work is done. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-layers-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Applies layers, base first, to `root` in the folder. */
export async function unpackInto(
  folder: string,
  layers: readonly (readonly TarPart[] | Buffer)[],
  beforeSettle: (tree: DiskTree) => void = () => undefined,
): Promise<Unpacked> {
  const path = join(folder, 'root');
  mkdirSync(path, { mode: 0o700 });
  const root = Folder.openRoot(path);
  const tree = new DiskTree(root);
  try {
    for (const [index, layer] of layers.entries()) {
      const tar = Buffer.isBuffer(layer) ? layer : layerTar(...layer);
      const options = { what: `layer ${index}`, diffId: diffIdOf(tar), mostBytes: 2 ** 30, mostEntries: 100_000 };
      await applyLayer(tree, bytesOf(tar), { ...options, lowest: index === 0 });
    }
    beforeSettle(tree);
    tree.settleFolders(root);
    tree.settleRoot(root);
    const unset = tree.unset();
    return {
      get lines() {
        return linesOf(path);
      },
      path,
      unset,
    };
  } finally {
    tree.abandon();
    root.close();
  }
}

export function linesOf(path: string, prefix = ''): string[] {
  return readdirSync(path)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => {
      const full = join(path, name);
      const stats = lstatSync(full);
      if (stats.isDirectory()) return [`${prefix}${name}/`, ...linesOf(full, `${prefix}${name}/`)];
      if (stats.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(full)}`];
      return [stats.isFile() ? `${prefix}${name}: ${readFileSync(full, 'utf8')}` : `${prefix}${name}?`];
    });
}

/** The same of what a tree in memory has, with the name of the entry that made a file for its content. */
export async function namesInMemory(layers: readonly (readonly TarPart[])[]): Promise<string[]> {
  const tree = new MemoryTree();
  for (const [layer, parts] of layers.entries()) {
    const items = await listLayer(bytesOf(layerTar(...parts)), { layer, what: `layer ${layer}` });
    tree.apply(items, { lowest: layer === 0 });
  }
  return namesIn(tree.root, '');
}

function namesIn(folder: MemoryFolder, prefix: string): string[] {
  return [...folder.children]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, child]) =>
      child.kind === 'folder' ? [`${prefix}${name}/`, ...namesIn(child, `${prefix}${name}/`)] : [`${prefix}${name}`],
    );
}
