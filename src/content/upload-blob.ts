import { createHash, type Hash } from 'node:crypto';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, digestParts } from '#oci';
import type { Clock } from '#timing';
import type { BlobReport } from './blob-report.ts';
import { continued } from './continued.ts';
import type { CallOptions, Source, Store } from './ports.ts';
import type { BlobWork } from './transfer.ts';

export interface UploadBlobOptions extends CallOptions {
  readonly report: BlobReport;
  readonly retries: number;
  readonly clock: Clock;
  /** Nothing is hashed on the way: whoever takes the bytes verifies them. Where that finds others, the source is read once more, to tell whose they are. */
  readonly targetVerifies?: boolean | undefined;
}

/**
 * Brings a blob to a place that takes uploads, from wherever the upload stands: bytes go through, and are kept nowhere on the way. Rejects
 * with DIGEST_MISMATCH or SIZE_MISMATCH where the source gives other bytes, before the last of them is sent; with `targetVerifies`, when they were.
 */
export async function uploadBlob(
  source: Source,
  target: Pick<Store, 'upload'>,
  { target: blob, diffId }: BlobWork,
  { report, retries, clock, targetVerifies = false, signal, onEvent }: UploadBlobOptions,
): Promise<void> {
  const check = new PassingCheck(blob);
  // What counts as progress is what the other side has.
  const reading: BlobReport = { ...report, progress: () => undefined };
  const read = async (offset: number): Promise<AsyncGenerator<Uint8Array, void, undefined>> => {
    const bytes = continued(source, blob, { report: reading, retries, clock, offset, signal });
    return targetVerifies ? bytes : check.pass(offset, bytes);
  };
  let begun = false;
  const onSent = (bytes: number): void => {
    if (begun) return report.progress(bytes, clock.monotonic());
    begun = true;
    report.state('started', bytes);
  };
  try {
    await target.upload?.(blob, read, { diffId, signal, onEvent, onSent });
  } catch (error) {
    if (!targetVerifies || !hasCode(error, 'DIGEST_MISMATCH')) throw error;
    const bytes = continued(source, blob, { report: reading, retries, clock, signal });
    for await (const _ of check.pass(0, bytes));
    throw error;
  }
  report.state('done', blob.size);
}

/**
 * Hashes what passes, as far as it comes without gaps. A registry verifies too, as it must; but not all do, and none can say whether the
 * source or the way was wrong. What an earlier run has sent is not read again for this: there the registry's word is all there is.
 */
class PassingCheck {
  readonly #target: Descriptor;
  readonly #hash: Hash;
  #hashed = 0;

  constructor(target: Descriptor) {
    this.#target = target;
    this.#hash = createHash(digestParts(target.digest).algorithm);
  }

  async *pass(offset: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const { size } = this.#target;
    let at = offset;
    for await (const chunk of bytes) {
      // Bytes that are sent again were hashed when they passed before.
      if (this.#hashed >= at && this.#hashed < at + chunk.length) {
        this.#hash.update(chunk.subarray(this.#hashed - at));
        this.#hashed = at + chunk.length;
      }
      at += chunk.length;
      if (at > size) throw wrongSize(this.#target, `at least ${at}`);
      if (at === size && this.#hashed === size) this.#verify();
      yield chunk;
    }
    if (at < size) throw wrongSize(this.#target, `only ${at}`);
    if (size === 0) this.#verify();
  }

  #verify(): void {
    const { digest } = this.#target;
    const found = `${digestParts(digest).algorithm}:${this.#hash.copy().digest('hex')}`;
    if (found === digest) return;
    throw new DrayError('DIGEST_MISMATCH', `the bytes of ${digest} have the digest ${found}`, {
      detail: { expected: digest, found },
    });
  }
}

function wrongSize({ digest, size }: Descriptor, found: string): DrayError {
  return new DrayError('SIZE_MISMATCH', `${digest} has ${size} bytes, but ${found} came`, { detail: { digest, size } });
}
