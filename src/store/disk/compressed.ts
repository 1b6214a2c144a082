import type { Descriptor, Digest } from '#oci';
import { digestNames } from './blobs.ts';
import type { Files } from './files.ts';
import { isDescriptor } from './references.ts';

/** What the uncompressed layer became when it was compressed, or undefined. What can't be understood is as good as not there. */
export function readCompressed(files: Files, digest: Digest): Descriptor | undefined {
  const text = files.read(compressedPath(files, digest));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isDescriptor(value)) return undefined;
    return { mediaType: value.mediaType, digest: value.digest, size: value.size };
  } catch {
    return undefined;
  }
}

export async function writeCompressed(files: Files, digest: Digest, compressed: Descriptor): Promise<void> {
  const { mediaType, size } = compressed;
  await files.replace(
    compressedPath(files, digest),
    `${JSON.stringify({ mediaType, digest: compressed.digest, size })}\n`,
  );
}

export function removeCompressed(files: Files, digest: Digest): void {
  files.remove(compressedPath(files, digest));
}

function compressedPath(files: Files, digest: Digest): string {
  const [algorithm, hex] = digestNames(digest);
  return files.path('compressed', algorithm, `${hex}.json`);
}
