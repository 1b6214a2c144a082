import { coveredBytes } from '#bytes';
import { cancelled, DrayError, hasCode, messageOf } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { BlobRole } from '#progress';
import { type Clock, systemClock } from '#timing';
import { createBlobReport } from './blob-report.ts';
import { type ExtraLanes, fetchMissing } from './lanes.ts';
import type { CallOptions, Ingest, Source } from './ports.ts';

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
  /** Milliseconds without a byte until it gives up; 100,000 by default. */
  readonly patience?: number | undefined;
}

const PATIENCE = 100_000;

/**
 * Brings what `ingest` lacks from `source` and commits it. Bytes that are here are not asked for again, whatever fails in between.
 * Content whose digest proves wrong is fetched once more from the start. On failure what has come is kept (released), for the next run.
 */
export async function transfer(source: Source, ingest: Ingest, options: TransferOptions): Promise<void> {
  const { target } = ingest;
  const clock = options.clock ?? systemClock;
  const report = createBlobReport(target, options.role, options.onEvent);
  const watch = createWatch(options.signal, clock, options.patience ?? PATIENCE, target);
  try {
    for (let again = false; ; again = true) {
      report.state('started', coveredBytes(ingest.have()));
      await fetchMissing(source, ingest, {
        report,
        clock,
        retries: options.retries ?? 5,
        signal: watch.signal,
        extra: options.extra,
        onBytes: () => watch.alive(),
      });
      watch.pause();
      report.state('verifying', target.size);
      try {
        await ingest.commit({ signal: options.signal });
        break;
      } catch (error) {
        if (again || !hasCode(error, 'DIGEST_MISMATCH')) throw error;
        report.retry(1, 0, 0, `${messageOf(error)}: fetching it once more`);
        watch.alive();
      }
    }
    report.state('done', target.size);
  } catch (error) {
    report.state('failed', coveredBytes(ingest.have()));
    throw error;
  } finally {
    watch.stop();
    await ingest.release();
  }
}

interface Watch {
  /** Aborts with the caller's signal, or with STALLED when nothing was alive for too long. */
  readonly signal: AbortSignal;
  alive(): void;
  /** Nothing is expected until `alive` is called again. */
  pause(): void;
  stop(): void;
}

/** One timer, looked at when it rings: no timer is touched per chunk. */
function createWatch(outer: AbortSignal | undefined, clock: Clock, patience: number, target: Descriptor): Watch {
  const controller = new AbortController();
  let last = clock.monotonic();
  let timer: NodeJS.Timeout | undefined;
  const onOuter = (): void => controller.abort(outer === undefined ? undefined : cancelled(outer));
  const look = (): void => {
    const idle = clock.monotonic() - last;
    if (idle >= patience) {
      const seconds = Math.round(idle / 1000);
      controller.abort(
        new DrayError('STALLED', `no byte of ${target.digest} came for ${seconds} s`, {
          hint: 'what has come is kept: run the same command again to go on',
        }),
      );
    } else arm(patience - idle);
  };
  const arm = (delay: number): void => {
    timer = setTimeout(look, delay);
  };
  const pause = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  if (outer?.aborted === true) onOuter();
  outer?.addEventListener('abort', onOuter, { once: true });
  arm(patience);
  return {
    signal: controller.signal,
    alive() {
      last = clock.monotonic();
      if (timer === undefined) arm(patience);
    },
    pause,
    stop() {
      pause();
      outer?.removeEventListener('abort', onOuter);
    },
  };
}
