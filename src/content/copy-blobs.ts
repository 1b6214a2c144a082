import { setMaxListeners } from 'node:events';
import { cancelled } from '#errors';
import type { Descriptor } from '#oci';
import { type Clock, systemClock } from '#timing';
import { type BlobReport, createBlobReport } from './blob-report.ts';
import { type Carrier, carryBlob } from './carrier.ts';
import { continued } from './continued.ts';
import { createLimit, type Limit } from './limit.ts';
import type { CallOptions, Source, Store } from './ports.ts';
import { type BlobWork, transfer } from './transfer.ts';

export interface CopyBlobsOptions extends CallOptions {
  /** Blobs in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
  /** Failures in a row, without a byte between, that are borne; 5 by default. */
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Connections of one large blob, where the source can give parts; 1 keeps to one. 6 by default. */
  readonly lanes?: number | undefined;
  /** Other threads, for when there is much to bring. */
  readonly carrier?: (() => Promise<Carrier>) | undefined;
}

/** Below this, other threads are not there before the work is done. */
const WORTH_THREADS = 48 * 1024 * 1024;

export interface CopiedBlob {
  readonly target: Descriptor;
  /** It was there, whole, before. */
  readonly present: boolean;
}

/**
 * Brings blobs from one place to another, several at a time, large ones first; those that are there are not fetched. When one fails the others
 * are stopped (what they have received is kept) and its error is thrown. Resolves with one entry per distinct blob, in the order given.
 */
export async function copyBlobs(
  source: Source,
  target: Store,
  blobs: readonly BlobWork[],
  options: CopyBlobsOptions = {},
): Promise<readonly CopiedBlob[]> {
  const distinct = [...new Map(blobs.map((blob) => [blob.target.digest, blob])).values()];
  const stop = new AbortController();
  // Every blob that waits for a place listens: Node 20 would warn of a leak from the eleventh on.
  setMaxListeners(0, stop.signal);
  const onAbort = (): void => stop.abort(options.signal?.reason);
  if (options.signal?.aborted === true) throw cancelled(options.signal);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const places = {
    source,
    target,
    signal: stop.signal,
    options,
    clock: options.clock ?? systemClock,
    places: createLimit(options.concurrency ?? 6),
  };
  try {
    const present = new Set<string>();
    for (const blob of distinct) {
      if (await target.has(blob.target, { signal: stop.signal })) present.add(blob.target.digest);
      const here = present.has(blob.target.digest);
      reportOf(blob, options).state(here ? 'exists' : 'queued', here ? blob.target.size : 0);
    }
    const missing = distinct.filter((blob) => !present.has(blob.target.digest));
    missing.sort((a, b) => b.target.size - a.target.size);
    const much = missing.length > 1 && missing.reduce((sum, { target: { size } }) => sum + size, 0) >= WORTH_THREADS;
    const job: Job = { ...places, carrier: much ? await options.carrier?.() : undefined };
    await allOrFirstError(
      missing.map((blob) => copyBlob(blob, job)),
      stop,
    );
    return distinct.map((blob) => ({ target: blob.target, present: present.has(blob.target.digest) }));
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

interface Job {
  readonly source: Source;
  readonly target: Store;
  readonly signal: AbortSignal;
  readonly options: CopyBlobsOptions;
  readonly clock: Clock;
  readonly places: Limit;
  readonly carrier: Carrier | undefined;
}

async function copyBlob(blob: BlobWork, job: Job): Promise<void> {
  const { source, target, signal, options, clock, places } = job;
  const { onEvent, retries, lanes = 6 } = options;
  const leave = await places.acquire(signal);
  try {
    if (target.ingest === undefined) {
      await putBlob(blob, job);
      return;
    }
    const ingest = await target.ingest(blob.target, { diffId: blob.diffId, signal, onEvent });
    if (ingest === undefined) {
      reportOf(blob, options).state('done', blob.target.size);
      return;
    }
    const assignment = job.carrier?.assign(blob.target.size);
    try {
      const report = reportOf(blob, options);
      const carry = assignment?.carry;
      const how = { role: blob.role, retries, signal, onEvent };
      if (carry !== undefined && (await carryBlob(source, ingest, carry, { ...how, report }))) return;
      const extra = lanes > 1 ? { places, most: lanes } : undefined;
      await transfer(source, ingest, { ...how, clock, extra });
    } finally {
      assignment?.done();
    }
  } finally {
    leave();
  }
}

/** The plain way, for places that take content only as a whole. */
async function putBlob(blob: BlobWork, job: Job): Promise<void> {
  const { source, target, signal, options, clock } = job;
  const report = reportOf(blob, options);
  report.state('started', 0);
  try {
    const content = continued(source, blob.target, { report, retries: options.retries ?? 5, clock, signal });
    await target.put(blob.target, content, { diffId: blob.diffId, signal });
    report.state('done', blob.target.size);
  } catch (error) {
    report.state('failed', 0);
    throw error;
  }
}

function reportOf(blob: BlobWork, options: CallOptions): BlobReport {
  return createBlobReport(blob.target, blob.role, options.onEvent);
}

/** Waits for all; the first to fail stops the others, and its error is the one that counts. */
async function allOrFirstError(work: readonly Promise<void>[], stop: AbortController): Promise<void> {
  let failed = false;
  let first: unknown;
  await Promise.all(
    work.map((one) =>
      one.catch((error: unknown) => {
        if (failed) return;
        failed = true;
        first = error;
        stop.abort(error);
      }),
    ),
  );
  if (failed) throw first;
}
