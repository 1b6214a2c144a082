import { encodeEntry } from '../tar/encode-entry.ts';
import { BLOCK, paddingOf } from '../tar/header.ts';
import type { TarEntry } from '../tar/read.ts';
import { UNNAMED_FOLDER } from './apply-layer.ts';
import type { LayerItem } from './list-layer.ts';
import type { MemoryFile, MemoryFolder, MemoryTree } from './memory-tree.ts';

/** What becomes of one entry of a layer in a tar of all of them. */
interface Piece {
  /** Folders that no entry names, which this one made. */
  readonly folders: string[];
  /** The entry's own path there; undefined where nothing is left of it. */
  path?: string;
  /** Other names of the file. */
  readonly links: string[];
}

/** What is taken of each layer: by layer, then by where an entry's content begins. */
export type FlatPlan = ReadonlyMap<number, ReadonlyMap<number, Piece>>;

/** What of all layers is left in the end, where each piece comes from its own layer. */
export function planFlat(tree: MemoryTree): FlatPlan {
  const plan = new Map<number, Map<number, Piece>>();
  const pieceOf = ({ layer, offset }: LayerItem): Piece => {
    const ofLayer = plan.get(layer) ?? new Map<number, Piece>();
    plan.set(layer, ofLayer);
    const piece = ofLayer.get(offset) ?? { folders: [], links: [] };
    ofLayer.set(offset, piece);
    return piece;
  };
  const visit = (folder: MemoryFolder, path: string): void => {
    noteFolder(folder, path === '' ? './' : path, pieceOf);
    for (const [name, child] of [...folder.children].toSorted(byName)) {
      if (child.kind === 'folder') visit(child, `${path}${name}/`);
      else noteFile(child, `${path}${name}`, pieceOf);
    }
  };
  visit(tree.root, '');
  return plan;
}

type PieceOf = (item: LayerItem) => Piece;

function noteFolder({ item, named }: MemoryFolder, path: string, pieceOf: PieceOf): void {
  if (item === undefined) return;
  if (named) pieceOf(item).path = path;
  else pieceOf(item).folders.push(path);
}

/** The first name that is left is the file's, the others are links to that. */
function noteFile({ item }: MemoryFile, path: string, pieceOf: PieceOf): void {
  const piece = pieceOf(item);
  if (piece.path === undefined) piece.path = path;
  else piece.links.push(path);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** The entries of one layer that are left, as a tar without its end. To be asked for layer by layer, base first. */
export async function* flatLayer(
  entries: AsyncIterable<TarEntry>,
  pieces: ReadonlyMap<number, Piece> = new Map(),
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const entry of entries) {
    const piece = pieces.get(entry.offset);
    if (piece === undefined) continue;
    const bare = { linkName: '', deviceMajor: 0, deviceMinor: 0, size: 0, sparse: undefined };
    for (const name of piece.folders)
      yield encodeEntry({ ...UNNAMED_FOLDER, ...bare, type: 'directory', name, mtime: entry.mtime });
    const name = piece.path;
    if (name === undefined) continue;
    yield encodeEntry({ ...entry, name });
    yield* entry.bytes;
    if (paddingOf(entry.size) > 0) yield new Uint8Array(paddingOf(entry.size));
    for (const link of piece.links)
      yield encodeEntry({ ...entry, ...bare, pax: UNNAMED_FOLDER.pax, type: 'hardlink', name: link, linkName: name });
  }
}

/** What ends a tar. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);
