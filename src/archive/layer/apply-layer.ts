import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import { systemClock } from '#timing';
import type { TarEntry } from '../tar/read.ts';
import { badPath, entryPath } from './entry-path.ts';
import { type ReadLayerOptions, readLayer } from './read-layer.ts';
import type { Attributes, FileSink, Tree } from './tree.ts';
import { type Reached, Walker } from './walker.ts';
import { askedBy } from './whiteout.ts';

export interface ApplyLayerOptions extends ReadLayerOptions, LayerOptions {}

/**
 * Applies a layer, compressed or not, to a tree. Rejects with CORRUPT_LAYER for entries that no layer has, and as `readLayer` does: after the
 * last entry with DIFF_ID_MISMATCH where it was another layer. What was applied before stays: who calls it throws the tree away.
 */
export async function applyLayer<F>(tree: Tree<F>, content: Bytes, options: ApplyLayerOptions): Promise<void> {
  const applier = new LayerApplier(tree, options);
  let turn = systemClock.monotonic();
  try {
    for await (const entry of readLayer(content, options)) {
      // Files are made synchronously: without this nobody could stop it.
      if (systemClock.monotonic() - turn > LONGEST_TURN) {
        await setImmediate();
        turn = systemClock.monotonic();
      }
      const sink = applier.apply(entry);
      if (sink === undefined) continue;
      try {
        for await (const chunk of entry.bytes) sink.write(chunk);
        sink.end();
      } finally {
        sink.abandon();
      }
    }
  } finally {
    applier.close();
  }
}

export interface LayerOptions {
  /** Nothing is below this layer, so that there is nothing to hide. */
  readonly lowest: boolean;
  /** Most entries. */
  readonly mostEntries: number;
}

/** Milliseconds until the event loop gets a turn. */
const LONGEST_TURN = 50;
/** Largest user and group that systems have: one more is "no change" to chown. */
const LARGEST_ID = 2 ** 32 - 2;
/** What a folder gets that no layer names; its time is that of the entry that it was made for. */
export const UNNAMED_FOLDER: Omit<Attributes, 'mtime'> = { mode: 0o755, uid: 0, gid: 0, pax: new Map() };

/**
 * Applies the entries of one layer to a tree, one after the other, as the OCI image specification says. Whatever the entries are, nothing but
 * names in folders of the tree is touched. Throws CORRUPT_LAYER for entries that no layer has; what was applied before stays.
 */
export class LayerApplier<F> {
  readonly #tree: Tree<F>;
  readonly #options: LayerOptions;
  readonly #walker: Walker<F>;
  readonly #linkWalker: Walker<F>;
  /** Paths that this layer has written, their folders too; not kept where there is nothing to hide. */
  readonly #written = new Set<string>();
  #entries = 0;
  /** Of the tree, when the last hard link was made. */
  #removals = 0;

  constructor(tree: Tree<F>, options: LayerOptions) {
    this.#tree = tree;
    this.#options = options;
    this.#walker = new Walker(tree);
    this.#linkWalker = new Walker(tree);
  }

  /** Applies an entry; the sink takes its content, if it has any. */
  apply(entry: TarEntry): FileSink | undefined {
    this.#entries += 1;
    if (this.#entries > this.#options.mostEntries) throw tooMany(this.#options.mostEntries);
    checkOwner(entry);
    if (this.#entries === 1 && this.#options.lowest)
      this.#tree.setAttributes(this.#tree.root, { ...UNNAMED_FOLDER, mtime: entry.mtime });
    const path = entryPath(entry.name, 'an entry');
    const asked = askedBy(path, entry.name);
    if (asked.kind === 'notes') return undefined;
    const name = path.pop();
    if (asked.kind === 'opaque') this.#hide(path, undefined);
    else if (asked.kind === 'whiteout') this.#hide(path, asked.name);
    else if (name === undefined) this.#applyRoot(entry);
    else return this.#applyNamed(path, name, entry);
    return undefined;
  }

  /** Lets go of all folders. */
  close(): void {
    this.#walker.reset();
    this.#linkWalker.reset();
  }

  #applyRoot(entry: TarEntry): void {
    if (entry.type !== 'directory') throw badPath('an entry', entry.name, 'would replace the root of the image');
    this.#tree.setAttributes(this.#tree.root, entry);
  }

  #applyNamed(path: readonly string[], name: string, entry: TarEntry): FileSink | undefined {
    const reached = this.#walk(path, entry);
    const { folder } = reached;
    switch (entry.type) {
      case 'directory': {
        const made = this.#tree.makeFolder(folder, name);
        try {
          this.#tree.setAttributes(made, entry);
        } finally {
          this.#tree.close(made);
        }
        break;
      }
      case 'file':
        this.#mark(reached, name);
        return this.#tree.makeFile(folder, name, entry);
      case 'symlink':
        if (entry.linkName === '' || entry.linkName.includes('\0'))
          throw badPath('a symbolic link', entry.name, 'points to nothing');
        this.#tree.makeSymlink(folder, name, entry);
        break;
      case 'hardlink':
        this.#link(reached, name, entry);
        break;
      case 'character':
      case 'block':
      case 'fifo':
        this.#tree.makeNode(folder, name, entry);
    }
    this.#mark(reached, name);
    return undefined;
  }

  #walk(path: readonly string[], { mtime }: TarEntry): Reached<F> {
    const make: Attributes = { ...UNNAMED_FOLDER, mtime };
    const reached = this.#walker.walk(path, make);
    if (reached === undefined) throw badPath('an entry below', path.join('/'), 'is no folder');
    return reached;
  }

  #link({ folder }: Reached<F>, name: string, entry: TarEntry): void {
    const path = entryPath(entry.linkName, 'a hard link to');
    const target = path.pop();
    if (target === undefined) throw badPath('a hard link', entry.name, 'leads to the root of the image');
    if (this.#tree.removals !== this.#removals) this.#linkWalker.reset();
    this.#removals = this.#tree.removals;
    const from = this.#linkWalker.walk(path, undefined);
    if (from === undefined || !this.#tree.makeHardlink(from.folder, target, folder, name))
      throw badPath('a hard link to', entry.linkName, 'is no file of the image');
  }

  /** Removes what lower layers have under a name, or all they have in the folder. */
  #hide(path: readonly string[], name: string | undefined): void {
    if (this.#options.lowest) return;
    const reached = this.#walker.walk(path, undefined);
    if (reached === undefined) return;
    if (name === undefined)
      for (const one of this.#tree.names(reached.folder)) this.#prune(reached.folder, reached.names, one);
    else this.#prune(reached.folder, reached.names, name);
  }

  /** Removes all at `name` that this layer has not written. */
  #prune(folder: F, names: readonly string[], name: string): void {
    const path = [...names, name];
    if (!this.#written.has(path.join('/'))) return this.#tree.remove(folder, name);
    const found = this.#tree.find(folder, name);
    if (found.kind !== 'folder') return;
    try {
      for (const one of this.#tree.names(found.folder)) this.#prune(found.folder, path, one);
    } finally {
      this.#tree.close(found.folder);
    }
  }

  #mark({ names }: Reached<F>, name: string): void {
    if (this.#options.lowest) return;
    let path = [...names, name].join('/');
    while (!this.#written.has(path)) {
      this.#written.add(path);
      const slash = path.lastIndexOf('/');
      if (slash < 0) return;
      path = path.slice(0, slash);
    }
  }
}

function checkOwner({ name, uid, gid }: TarEntry): void {
  for (const id of [uid, gid])
    if (id < 0 || id > LARGEST_ID) throw badPath('an entry', name, `belongs to ${id}, which is no user or group`);
}

function tooMany(most: number): DrayError {
  return new DrayError(
    'TOO_LARGE',
    `the layer has more than ${most} entries, which no layer should: it may be a bomb`,
    {
      detail: { most },
    },
  );
}
