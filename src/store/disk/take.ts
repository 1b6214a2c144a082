import { dirname } from 'node:path';
import type { Bytes } from '#bytes';
import type { Ingest, PutOptions } from '#content';
import { throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, isDocumentType, isImageConfigType } from '#oci';
import type { BlobRole } from '#progress';
import { openFileIngest, type RangeJournal } from '../file-ingest.ts';
import { syncFile } from '../file-system.ts';
import type { LayerFacts } from '../layer-check.ts';
import { pourInto } from '../pour-into.ts';
import { expectRoom } from '../room.ts';
import type { Turns } from '../turns.ts';
import { abandonPartial, adoptPartial, type Stem } from './adopt.ts';
import { blobPath, hasBlob } from './blobs.ts';
import { writeFacts } from './facts.ts';
import type { Files } from './files.ts';
import type { LockKeeper } from './lock.ts';
import type { HeldLock } from './lock-file.ts';
import { type PartialFile, partialJournal, sealPartial } from './partial.ts';

export interface Taking {
  readonly files: Files;
  readonly locks: LockKeeper;
  /** For the ingests of this store object, by digest. */
  readonly turns: Turns;
  /** Where a blob is while it is not whole. */
  readonly stem: (digest: Digest) => Stem;
  /** Whether what is found out about layers is kept beside them. */
  readonly facts: boolean;
}

/**
 * The right to bring `target` in, and what is here of it already; waits for whoever has that right, in this process or another.
 * Undefined when the blob is there.
 */
export async function openIngest(taking: Taking, target: Descriptor, options: PutOptions): Promise<Ingest | undefined> {
  const { files, locks, turns } = taking;
  const onWait = sayOnce(target, options);
  const stem = taking.stem(target.digest);
  const leave = await turns.take(target.digest, { signal: options.signal, onWait });
  let lock: HeldLock | undefined;
  try {
    const until = (): boolean => hasBlob(files, target);
    await files.ensure(stem.folder);
    lock = await locks.acquire(`${stem.folder}/${stem.name}.lock`, { signal: options.signal, until, onWait });
    // The one before us may have finished between our look and its letting go.
    if (lock !== undefined && !until()) return await openPartial(taking, target, { ...options, stem, lock, leave });
    lock?.release();
    leave();
    return undefined;
  } catch (error) {
    lock?.release();
    leave();
    throw error;
  }
}

interface PartialOptions extends PutOptions {
  readonly stem: Stem;
  readonly lock: HeldLock;
  readonly leave: () => void;
}

async function openPartial(taking: Taking, target: Descriptor, options: PartialOptions): Promise<Ingest> {
  const { files } = taking;
  const { path, found } = await adoptPartial(files, options.stem, options.lock);
  try {
    expectRoom(files.fs, options.stem.folder, path, target.size);
  } catch (error) {
    if (found) abandonPartial(files, options.stem, path);
    throw error;
  }
  const fd = files.fs.openSync(path, found ? 'r+' : 'wx+', files.modes.file);
  try {
    return ingestInto({ fs: files.fs, fd, path, size: target.size }, taking, target, options);
  } catch (error) {
    files.fs.closeSync(fd);
    throw error;
  }
}

function ingestInto(partial: PartialFile, taking: Taking, target: Descriptor, options: PartialOptions): Ingest {
  const { files } = taking;
  const { fs, fd, path } = partial;
  const { stem, lock, leave, diffId } = options;
  let finished = false;
  return openFileIngest({
    target,
    diffId,
    fd,
    base: 0,
    path,
    journal: partialJournal(partial),
    lending: { kind: 'partial' },
    fs,
    guard: () => lock.assertHeld(),
    async finish(layer) {
      sealPartial(partial);
      if (files.sync) await syncFile(fs, fd);
      const blob = blobPath(files, target.digest);
      await files.ensure(dirname(blob));
      lock.assertHeld({ now: true });
      await files.publish(path, blob);
      finished = true;
      if (layer !== undefined) await rememberLayer(taking, target.digest, layer);
    },
    async close() {
      try {
        fs.closeSync(fd);
        if (!finished) {
          lock.assertHeld({ now: true });
          abandonPartial(files, stem, path);
        }
      } catch {
        // Lost to another owner, or out of order: whoever comes next finds what there is.
      }
      lock.release();
      leave();
    },
  });
}

const NO_JOURNAL: RangeJournal = { load: () => [], note: () => undefined, clear: () => undefined };

/** Keeps content that comes as a whole, in one go and beside all others. */
export async function putBlob(taking: Taking, target: Descriptor, content: Bytes, options: PutOptions): Promise<void> {
  const { files } = taking;
  const { signal, diffId } = options;
  throwIfCancelled(signal);
  const blob = blobPath(files, target.digest);
  if (hasBlob(files, target)) {
    await content[Symbol.asyncIterator]().return?.();
    return;
  }
  const stem = taking.stem(target.digest);
  await files.ensure(stem.folder);
  const path = `${stem.folder}/${stem.name}.${files.unique()}.tmp`;
  const fd = files.fs.openSync(path, 'wx+', files.modes.file);
  const ingest = openFileIngest({
    target,
    diffId,
    fd,
    base: 0,
    path,
    journal: NO_JOURNAL,
    fs: files.fs,
    sync: files.sync,
    async finish(layer) {
      await files.ensure(dirname(blob));
      await files.publish(path, blob);
      if (layer !== undefined) await rememberLayer(taking, target.digest, layer);
    },
    close: async () => files.fs.closeSync(fd),
  });
  try {
    await pourInto(ingest, content, { signal });
  } catch (error) {
    files.remove(path);
    throw error;
  }
}

/** The blob is in place already: what is known of it besides can be found out again. */
async function rememberLayer({ files, facts }: Taking, digest: Digest, layer: LayerFacts): Promise<void> {
  if (facts) await writeFacts(files, digest, layer).catch(() => undefined);
}

function sayOnce(target: Descriptor, options: PutOptions): () => void {
  let said = false;
  return () => {
    if (said) return;
    said = true;
    const { digest, size } = target;
    options.onEvent?.({ kind: 'blob', digest, size, role: roleOf(target), state: 'waiting', received: 0 });
  };
}

function roleOf(target: Descriptor): BlobRole {
  if (isDocumentType(target.mediaType)) return 'manifest';
  return isImageConfigType(target.mediaType) ? 'config' : 'layer';
}
