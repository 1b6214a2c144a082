import { randomUUID } from 'node:crypto';
import { type Bytes, pour } from '#bytes';
import { throwIfCancelled, unlessCancelled } from '#errors';
import { type Digest, digestOf, digestParts } from '#oci';
import { busyUpload, otherContent, otherOffset, unknownUpload } from '../failures.ts';
import type { StorageOptions, UploadPiece, UploadStorage } from '../port.ts';

interface Upload {
  readonly chunks: Uint8Array[];
  size: number;
  isBusy: boolean;
}

export class MemoryUploads implements UploadStorage {
  readonly #keep: (repository: string, digest: Digest, bytes: Uint8Array) => void;
  readonly #uploads = new Map<string, Upload>();

  /** @param keep what a blob that has been verified becomes */
  constructor(keep: (repository: string, digest: Digest, bytes: Uint8Array) => void) {
    this.#keep = keep;
  }

  async begin(repository: string, options: StorageOptions = {}): Promise<string> {
    throwIfCancelled(options.signal);
    const id = randomUUID();
    this.#uploads.set(keyOf(repository, id), { chunks: [], size: 0, isBusy: false });
    return id;
  }

  async size(repository: string, id: string, options: StorageOptions = {}): Promise<number | undefined> {
    throwIfCancelled(options.signal);
    return this.#uploads.get(keyOf(repository, id))?.size;
  }

  async append(repository: string, id: string, piece: UploadPiece, options: StorageOptions = {}): Promise<number> {
    throwIfCancelled(options.signal);
    const upload = this.#free(repository, id);
    const { offset, content } = piece;
    if (offset !== undefined && offset !== upload.size) throw otherOffset(repository, id, upload.size, offset);
    upload.isBusy = true;
    try {
      await gather(content, upload, options.signal);
    } finally {
      upload.isBusy = false;
    }
    if (this.#uploads.get(keyOf(repository, id)) !== upload) throw unknownUpload(repository, id);
    return upload.size;
  }

  async commit(repository: string, id: string, digest: Digest, options: StorageOptions = {}): Promise<number> {
    throwIfCancelled(options.signal);
    const upload = this.#free(repository, id);
    this.#uploads.delete(keyOf(repository, id));
    return this.#finish(repository, digest, upload);
  }

  async cancel(repository: string, id: string, options: StorageOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    return this.#uploads.delete(keyOf(repository, id));
  }

  /** Ends all uploads of a repository. */
  drop(repository: string): void {
    for (const key of this.#uploads.keys()) if (key.startsWith(keyOf(repository, ''))) this.#uploads.delete(key);
  }

  async put(repository: string, digest: Digest, content: Bytes, options: StorageOptions = {}): Promise<number> {
    throwIfCancelled(options.signal);
    const upload: Upload = { chunks: [], size: 0, isBusy: true };
    await gather(content, upload, options.signal);
    return this.#finish(repository, digest, upload);
  }

  #free(repository: string, id: string): Upload {
    const upload = this.#uploads.get(keyOf(repository, id));
    if (upload === undefined) throw unknownUpload(repository, id);
    if (upload.isBusy) throw busyUpload(repository, id);
    return upload;
  }

  #finish(repository: string, digest: Digest, { chunks, size }: Upload): number {
    const bytes = Buffer.concat(chunks);
    const found = digestOf(bytes, digestParts(digest).algorithm);
    if (found !== digest) throw otherContent(digest, found);
    this.#keep(repository, digest, bytes);
    return size;
  }
}

/** What came before `content` broke off, or was cancelled, stays; nothing is taken after that. */
async function gather(content: Bytes, upload: Upload, signal: AbortSignal | undefined): Promise<void> {
  let isOver = false;
  const poured = pour(content, (chunk) => {
    if (isOver) return false;
    upload.chunks.push(new Uint8Array(chunk));
    upload.size += chunk.length;
    return true;
  });
  try {
    await unlessCancelled(poured, signal);
  } finally {
    isOver = true;
  }
}

function keyOf(repository: string, id: string): string {
  return `${repository} ${id}`;
}
