import { coveredBytes } from '#bytes';
import { hasCode, messageOf } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { BlobRole } from '#progress';
import { type Clock, systemClock } from '#timing';
import { createBlobReport } from './blob-report.ts';
import { type ExtraLanes, fetchMissing } from './lanes.ts';
import type { CallOptions, Ingest, Source } from './ports.ts';
import { createWatch } from './watch.ts';

/** One blob to bring. */
export interface BlobWork {
  readonly target: Descriptor;
  readonly role: BlobRole;
  readonly diffId?: Digest | undefined;
}

export interface TransferOptions extends CallOptions {
  readonly role: BlobRole;
  /** Failures in a row, without a byte between, that are borne; 5 by default. */
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Lets a large blob come over several connections; without it, over one. */
  readonly extra?: ExtraLanes | undefined;
  /** Milliseconds without progress (1 KiB on one connection) until it gives up; 95,000 by default. */
  readonly patience?: number | undefined;
}

/**
 * Brings what `ingest` lacks from `source` and commits it. Bytes that are here are not asked for again, whatever fails in between.
 * Content whose digest proves wrong is fetched once more from the start, unless the source is steady. On failure what has come is kept (released), for the next run; whether
 * the blob has failed with it is for the caller to say.
 */
export async function transfer(source: Source, ingest: Ingest, options: TransferOptions): Promise<void> {
  const { target } = ingest;
  const clock = options.clock ?? systemClock;
  const report = createBlobReport(target, options.role, options.onEvent);
  const watch = createWatch(target, { signal: options.signal, clock, patience: options.patience });
  try {
    for (let again = false; ; again = true) {
      report.state('started', coveredBytes(ingest.have()));
      await fetchMissing(source, ingest, {
        report,
        clock,
        retries: options.retries ?? 5,
        signal: watch.signal,
        extra: options.extra,
        onProgress: () => watch.alive(),
      });
      watch.pause();
      report.state('verifying', target.size);
      try {
        await ingest.commit({ signal: options.signal });
        break;
      } catch (error) {
        if (again || source.steady === true || !hasCode(error, 'DIGEST_MISMATCH')) throw error;
        report.retry(1, 0, 0, `${messageOf(error)}: fetching it once more`);
        watch.resume();
        watch.alive();
      }
    }
    report.state('done', target.size);
  } finally {
    watch.stop();
    await ingest.release();
  }
}
