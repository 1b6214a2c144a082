import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pour } from '#bytes';
import type { CallOptions, Source } from '#content';
import { DrayError, messageOf } from '#errors';
import { type Descriptor, type Digest, printable } from '#oci';

/** A file that is to be a layer of an artifact. */
export interface ArtifactFile {
  /** Relative to the working directory, with slashes: what it is called when it is pulled. */
  readonly path: string;
  readonly mediaType?: string | undefined;
}

/** As oras calls a file of which nothing is said. */
const PLAIN_FILE = 'application/vnd.oci.image.layer.v1.tar';
export const TITLE = 'org.opencontainers.image.title';
/** Bytes read at once. */
const CHUNK = 1024 * 1024;

/**
 * Describes the files, each read once for its digest. Rejects with INVALID_OPTION for a path that leads elsewhere and for two files of one name, with
 * NOT_FOUND for what is not there and UNSUPPORTED for what is no file.
 */
export async function describeFiles(files: readonly ArtifactFile[], { signal }: CallOptions): Promise<Descriptor[]> {
  const layers: Descriptor[] = [];
  for (const { path, mediaType = PLAIN_FILE } of files) {
    const title = titleOf(path);
    if (layers.some(({ annotations }) => annotations?.[TITLE] === title)) {
      throw new DrayError('INVALID_OPTION', `the file ${printable(title, 255)} is named twice`);
    }
    checkFile(path);
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK, signal }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    layers.push({ mediaType, digest: `sha256:${hash.digest('hex')}`, size, annotations: { [TITLE]: title } });
  }
  return layers;
}

/** The files as a place that blobs are read from. */
export function filesSource(files: readonly ArtifactFile[], layers: readonly Descriptor[]): Source {
  const paths = new Map<Digest, string>(layers.map(({ digest }, at) => [digest, files[at]?.path ?? '']));
  return {
    has: ({ digest }) => Promise.resolve(paths.has(digest)),
    fetch: ({ digest }, { offset = 0, end } = {}) => {
      const path = paths.get(digest);
      if (path === undefined) throw new DrayError('BLOB_UNKNOWN', `no file has the digest ${digest}`);
      const last = end === undefined ? {} : { end: end - 1 };
      const bytes: AsyncIterable<Buffer> = createReadStream(path, { start: offset, ...last, highWaterMark: CHUNK });
      return Promise.resolve({
        offset,
        [Symbol.asyncIterator]: () => bytes[Symbol.asyncIterator](),
        pour: (sink: (chunk: Uint8Array) => void) => pour(bytes, sink),
      });
    },
  };
}

/** What the file is called for those who pull it: nobody wants it anywhere but in their own folder. */
function titleOf(path: string): string {
  const title = path.replaceAll('\\', process.platform === 'win32' ? '/' : '\\').replace(/^(?:\.\/+)+/, '');
  const leadsAway = title.startsWith('/') || /^[A-Za-z]:/.test(title) || title.split('/').includes('..');
  if (!leadsAway) return title;
  throw new DrayError('INVALID_OPTION', `${printable(path, 255)} is no path below the current folder`, {
    hint: 'change to its folder first: the path is the name that the file gets where it is pulled',
  });
}

function checkFile(path: string): void {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return;
    throw new DrayError('UNSUPPORTED', `${printable(path, 255)} is no file`, {
      ...(stats.isDirectory() && { hint: 'pack a folder first: tar -czf NAME.tar.gz NAME' }),
    });
  } catch (error) {
    if (error instanceof DrayError) throw error;
    throw new DrayError('NOT_FOUND', `cannot read ${printable(path, 255)}: ${messageOf(error)}`, { cause: error });
  }
}
