import { pour } from '#bytes';
import type { BlobWork, Source } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, digestParts } from '#oci';

/**
 * A source whose layers are compared with what they must be when uncompressed while they pass, for readers that cannot look at them again. Reading
 * one rejects with DIFF_ID_MISMATCH, CORRUPT_LAYER or TOO_LARGE at its end at the latest.
 */
export function checkedSource(source: Source, work: readonly BlobWork[]): Source {
  const diffIds = new Map(
    work.flatMap(({ target, diffId }) => (diffId === undefined ? [] : [[target.digest, diffId]])),
  );
  return {
    has: (target, options) => source.has(target, options),
    async fetch(target, options) {
      const fetched = await source.fetch(target, options);
      const diffId = diffIds.get(target.digest);
      if (diffId === undefined) return fetched;
      const bytes = checked(fetched, target, diffId);
      return { offset: fetched.offset, [Symbol.asyncIterator]: () => bytes, pour: (sink) => pour(bytes, sink) };
    },
  };
}

async function* checked(
  content: AsyncIterable<Uint8Array>,
  target: Descriptor,
  diffId: Digest,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Inflating is only loaded where a layer passes.
  const { createLayerDigester, mostUnpacked } = await import('#archive');
  const { algorithm } = digestParts(diffId);
  const digester = createLayerDigester({ algorithm, most: mostUnpacked(target.size) });
  try {
    for await (const chunk of content) {
      await digester.write(chunk);
      yield chunk;
    }
    const { digest } = await digester.end();
    if (digest !== diffId) throw diffIdMismatch(target, digest, diffId);
  } finally {
    digester.destroy();
  }
}

function diffIdMismatch({ digest }: Descriptor, found: Digest, diffId: Digest): DrayError {
  return new DrayError(
    'DIFF_ID_MISMATCH',
    `the layer ${digest} is ${found} when uncompressed, but the image's config says ${diffId}`,
    { detail: { expected: diffId, found } },
  );
}
