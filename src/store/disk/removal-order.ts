import { type Digest, isDigest } from '#oci';
import { blobPath } from './blobs.ts';
import type { Files } from './files.ts';
import type { StoredBlob } from './inventory.ts';

/** Most bytes of a document. */
const LARGEST_DOCUMENT = 4 * 1024 * 1024;

/** Whatever names another blob comes before it. Nothing is known of these blobs but their bytes: what looks like JSON may name some. */
export function inRemovalOrder(files: Files, blobs: readonly StoredBlob[]): readonly StoredBlob[] {
  const left = new Map(blobs.map((blob) => [blob.digest, blob]));
  const order: StoredBlob[] = [];
  // Children before parents; an explicit stack, since a stranger may have made the chain.
  for (const blob of blobs) {
    const stack: { readonly blob: StoredBlob; readonly named: Digest[] }[] = [];
    const visit = (digest: Digest): void => {
      const next = left.get(digest);
      if (next === undefined || !left.delete(digest)) return;
      stack.push({ blob: next, named: [...namedIn(files, next)] });
    };
    visit(blob.digest);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = top.named.pop();
      if (child === undefined) order.push((stack.pop() ?? top).blob);
      else visit(child);
    }
  }
  return order.reverse();
}

function namedIn(files: Files, { digest, size }: StoredBlob): ReadonlySet<Digest> {
  if (size > LARGEST_DOCUMENT) return new Set();
  const path = blobPath(files, digest);
  if (!startsAsJson(files, path)) return new Set();
  const found: readonly string[] = (files.read(path) ?? '').match(/sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})/g) ?? [];
  return new Set(found.filter(isDigest));
}

function startsAsJson({ fs }: Files, path: string): boolean {
  const first = Buffer.alloc(1);
  const fd = fs.openSync(path, 'r');
  try {
    return fs.readSync(fd, first, 0, 1, 0) === 1 && first.toString() === '{';
  } finally {
    fs.closeSync(fd);
  }
}
