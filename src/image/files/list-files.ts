import { entryPath, type LayerItem, type MemoryFile, type MemoryFolder, type MemoryTree, type TarType } from '#archive';
import { hasCode } from '#errors';
import type { Digest } from '#oci';
import type { Places } from '../places.ts';
import { FileFinder, type FoundFile, namesOf } from './find-file.ts';
import type { LayeredImage } from './layered-image.ts';
import { type OpenImageOptions, withLayers } from './open-image.ts';

export interface ListFilesOptions extends OpenImageOptions {
  /** A file or folder; the root by default. */
  readonly path?: string | undefined;
  /** Also what is in folders below. */
  readonly recursive?: boolean | undefined;
  /** True: where `path` is a symbolic link, what it leads to is listed. */
  readonly follow?: boolean | undefined;
}

/** A file of an image. Names are as the image has them: not safe to print. */
export interface ImageFile {
  /** From the root, without a slash at its beginning; empty for the root. */
  readonly path: string;
  readonly type: Exclude<TarType, 'hardlink'>;
  /** The permission bits, setuid and the like among them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; 0 for everything but files. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** What a symbolic link says. */
  readonly link?: string;
  /** Path of the file that it is another name of. */
  readonly hardLink?: string;
  /** Of devices. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Digest of the layer that it comes from. */
  readonly layer: Digest;
}

/**
 * What an image has at a path: the file, or what is in the folder, sorted by path. Layers are put together as unpacking would. Rejects with NOT_FOUND, and
 * with CORRUPT_LAYER for layers that cannot be unpacked.
 */
export async function listFiles(
  text: string,
  places: Places,
  options: ListFilesOptions = {},
): Promise<readonly ImageFile[]> {
  return withLayers(text, places, { ...options, action: 'list the files of' }, async (image) => {
    const finder = new FileFinder(image);
    const found = await locate(finder, options);
    if ('item' in found) {
      const path = namesOf([], options.path ?? '').join('/');
      return [imageFile(found.item, path, image)];
    }
    const tree = await finder.tree();
    const top = await found.folder();
    const files: ImageFile[] = [];
    for (const listed of below(top, pathOf(top), options.recursive === true)) {
      files.push(listedFile(listed, tree, image));
    }
    return files.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  });
}

async function locate(finder: FileFinder, { path = '', follow = true }: ListFilesOptions): Promise<FoundFile> {
  try {
    return await finder.find(path, { follow: follow || path.endsWith('/') });
  } catch (error) {
    // A link that leads nowhere is there itself.
    if (!follow || path.endsWith('/') || !hasCode(error, 'NOT_FOUND')) throw error;
    return finder.find(path, { follow: false });
  }
}

interface Listed {
  readonly path: string;
  readonly node: MemoryFolder | MemoryFile;
}

function* below(top: MemoryFolder, path: string, recursive: boolean): Generator<Listed, void, undefined> {
  const waiting: Listed[] = [{ path, node: top }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.node.kind === 'file') continue;
    for (const [name, node] of next.node.children) {
      const listed = { path: next.path === '' ? name : `${next.path}/${name}`, node };
      yield listed;
      if (recursive && node.kind === 'folder') waiting.push(listed);
    }
  }
}

function pathOf(folder: MemoryFolder): string {
  const names: string[] = [];
  for (let at: MemoryFolder | undefined = folder; at?.parent !== undefined; at = at.parent) names.push(at.name);
  return names.reverse().join('/');
}

function listedFile({ path, node }: Listed, tree: MemoryTree, image: LayeredImage): ImageFile {
  if (node.kind === 'folder') return imageFolder(node, path, image);
  const first = entryPath(node.item.name, 'an entry', false);
  const file = imageFile(node.item, path, image);
  // The name that it had first may be gone or another file's by now.
  if (first.join('/') === path || nodeAt(tree.root, first) !== node) return file;
  return { ...file, hardLink: first.join('/') };
}

function nodeAt(root: MemoryFolder, names: readonly string[]): MemoryFolder | MemoryFile | undefined {
  let node: MemoryFolder | MemoryFile | undefined = root;
  for (const name of names) node = node?.kind === 'folder' ? node.children.get(name) : undefined;
  return node;
}

/** The file that an entry made, under one of its names. */
export function imageFile(item: LayerItem, path: string, image: LayeredImage): ImageFile {
  const { mode, uid, gid, size, mtime, linkName, deviceMajor: major, deviceMinor: minor } = item;
  const type = item.type === 'hardlink' ? 'file' : item.type;
  return {
    ...{ path, type, mode, uid, gid, size, mtime },
    ...(type === 'symlink' && { link: linkName }),
    ...((type === 'character' || type === 'block') && { device: { major, minor } }),
    layer: image.layer(item.layer).digest,
  };
}

export function imageFolder({ attributes, layer }: MemoryFolder, path: string, image: LayeredImage): ImageFile {
  const { mode, uid, gid, mtime } = attributes ?? { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  return { path, type: 'directory', mode, uid, gid, size: 0, mtime, layer: image.layer(layer).digest };
}
