import type { Sink } from '#bytes';
import type { Fetched } from '#content';
import { DrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { HttpBody } from '#transport';

/** Which bytes of `target` a body is to give. */
export interface Part {
  readonly target: Descriptor;
  readonly offset: number;
  /** Byte after the last one. */
  readonly end: number;
}

/** A body that must give exactly `part`: more bytes end with SIZE_MISMATCH before any of them is handed out, fewer with CONNECTION_LOST. */
export function fetchedOf(body: HttpBody, part: Part): Fetched {
  let left = part.end - part.offset;
  const take = (chunk: Uint8Array): void => {
    left -= chunk.length;
    if (left < 0) throw tooMuch(part);
  };
  return {
    offset: part.offset,
    async pour(sink: Sink) {
      let enough = false;
      await body.pour((chunk) => {
        take(chunk);
        enough = sink(chunk) === false;
        return !enough;
      });
      if (left > 0 && !enough) throw tooLittle(part, left);
    },
    async *[Symbol.asyncIterator]() {
      for await (const chunk of body) {
        take(chunk);
        yield chunk;
      }
      if (left > 0) throw tooLittle(part, left);
    },
  };
}

/** What there is behind the last byte. */
export function nothingLeft(offset: number): Fetched {
  return {
    offset,
    pour: () => Promise.resolve(),
    async *[Symbol.asyncIterator]() {},
  };
}

function tooMuch({ target, offset, end }: Part): DrayError {
  return new DrayError(
    'SIZE_MISMATCH',
    `blob ${target.digest} should have ${target.size} bytes: the registry sends more`,
    {
      detail: { expected: end - offset },
    },
  );
}

/** A server that ends a body early says so by no other sign when it gave no length. */
function tooLittle({ target, offset, end }: Part, left: number): DrayError {
  const came = end - offset - left;
  return new DrayError('CONNECTION_LOST', `blob ${target.digest} broke off after ${came} of ${end - offset} bytes`, {
    detail: { expected: end - offset, found: came },
  });
}
