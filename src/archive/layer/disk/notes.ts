import type { Attributes } from '../tree.ts';
import type { Xattrs } from './xattrs.ts';

/** What an image says of a file that this user or system could not give it. */
export interface Unset {
  readonly uid?: number;
  readonly gid?: number;
  /** Rights, where the file has others. */
  readonly mode?: number;
  /** A device that is not there. */
  readonly device?: { readonly type: 'character' | 'block' | 'fifo'; readonly major: number; readonly minor: number };
  /** Extended attributes, in base64. */
  readonly xattrs?: Xattrs;
}

/** What is to be remembered of a folder until all layers are applied. Its own attributes are set last: without the right to write it cannot be filled. */
export class FolderNotes {
  attributes: Attributes | undefined;
  readonly folders: Map<string, FolderNotes> = new Map();
  readonly unset: Map<string, Unset> = new Map();

  folder(name: string): FolderNotes {
    const known = this.folders.get(name);
    if (known !== undefined) return known;
    const notes = new FolderNotes();
    this.folders.set(name, notes);
    return notes;
  }

  /** What stood under this name is gone. */
  forget(name: string): void {
    this.folders.delete(name);
    this.unset.delete(name);
  }
}
