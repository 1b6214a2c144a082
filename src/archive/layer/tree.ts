import type { TarEntry } from '../tar/read.ts';

/** What stands under a name in a folder; a symbolic link is not followed. */
export type Found<F> =
  | { readonly kind: 'folder'; readonly folder: F }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' }
  | { readonly kind: 'absent' };

/** What an entry says of its owner, rights and time. */
export type Attributes = Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtime' | 'pax'>;

/** Takes a file's content, in order. */
export interface FileSink {
  /** Synchronously; the chunk may be reused afterwards. */
  write(chunk: Uint8Array): void;
  /** The content is complete. */
  end(): void;
  /** Lets go of a file whose content did not come; does nothing after `end`. */
  abandon(): void;
}

/**
 * A tree that layers are applied to, on a disk or in memory; `F` is one of its folders, opened. Names are single names, and none of these
 * follows a symbolic link. What makes something replaces what stands there, with all that is below it, but a folder by no other folder.
 */
export interface Tree<F> {
  readonly root: F;
  /** How much was removed or replaced so far: folders that were walked to before may be others now. */
  readonly removals: number;
  find(folder: F, name: string): Found<F>;
  /** Lets go of a folder that `find` or `makeFolder` gave. The root stays open. */
  close(folder: F): void;
  /** Names in a folder, in any order. */
  names(folder: F): readonly string[];
  /** Removes what stands there with all that is below it, if anything. */
  remove(folder: F, name: string): void;
  /** A folder, the one that is there or a new one. Its attributes are set when all layers are applied. */
  makeFolder(folder: F, name: string): F;
  setAttributes(folder: F, attributes: Attributes): void;
  makeFile(folder: F, name: string, entry: TarEntry): FileSink;
  makeSymlink(folder: F, name: string, entry: TarEntry): void;
  /** Gives what stands under `fromName` another name. False where nothing does, or only a folder. */
  makeHardlink(from: F, fromName: string, to: F, name: string): boolean;
  /** A device or a fifo. */
  makeNode(folder: F, name: string, entry: TarEntry): void;
}
