import { setMaxListeners } from 'node:events';
import { coveredBytes } from '#bytes';
import { cancelled, DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { BlobRole } from '#progress';
import { type Clock, systemClock } from '#timing';
import { type BlobReport, createBlobReport } from './blob-report.ts';
import { type Assignment, type Carrier, carryBlob } from './carrier.ts';
import { continued } from './continued.ts';
import { createLimit, type Limit } from './limit.ts';
import type { CallOptions, Ingest, Source, Store } from './ports.ts';
import { type BlobWork, transfer } from './transfer.ts';
import { type UploadBlobOptions, uploadBlob } from './upload-blob.ts';

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
  /** What the source has is not hashed on its way to a place that takes uploads: that verifies it. */
  readonly targetVerifies?: boolean | undefined;
  /** For a target that mounts: the sibling repositories that may have a blob, the likeliest first. */
  readonly mountFrom?: ((target: Descriptor) => readonly string[]) | undefined;
}

/** Below this, other threads are not there before the work is done. */
const WORTH_THREADS = 48 * 1024 * 1024;

export interface CopiedBlob {
  readonly target: Descriptor;
  /** It was there, whole, before. */
  readonly present: boolean;
  /** It came from a sibling repository: no bytes were moved. */
  readonly mounted: boolean;
}

/**
 * Brings blobs from one place to another, several at a time, large ones first; those that are there are not fetched. When one fails the others
 * are stopped (what they have received is kept) and its error is thrown. Resolves with one entry per distinct blob, in the order given.
 * Rejects with DIFF_ID_MISMATCH where one blob is said to be two things when uncompressed.
 */
export async function copyBlobs(
  source: Source,
  target: Store,
  blobs: readonly BlobWork[],
  options: CopyBlobsOptions = {},
): Promise<readonly CopiedBlob[]> {
  const distinct = distinctBlobs(blobs);
  const stop = new AbortController();
  // Every blob that waits for a place listens: Node 20 would warn of a leak from the eleventh on.
  setMaxListeners(0, stop.signal);
  const onAbort = (): void => stop.abort(options.signal?.reason);
  if (options.signal?.aborted === true) throw cancelled(options.signal);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const places = {
    source,
    target,
    stop,
    options,
    clock: options.clock ?? systemClock,
    places: createLimit(options.concurrency ?? 6),
    mounted: new Set<Digest>(),
  };
  try {
    const present = await whatIsPresent(distinct, places);
    for (const blob of distinct) {
      const here = present.has(blob.target.digest);
      reportOf(blob, options).state(here ? 'exists' : 'queued', here ? blob.target.size : 0);
    }
    const missing = distinct.filter((blob) => !present.has(blob.target.digest));
    missing.sort((a, b) => b.target.size - a.target.size);
    const much = missing.length > 1 && missing.reduce((sum, { target: { size } }) => sum + size, 0) >= WORTH_THREADS;
    const job: Job = { ...places, carrier: much ? await options.carrier?.() : undefined };
    await allOrFirstError(missing.map((blob) => copyBlob(blob, job)));
    return distinct.map(({ target: blob }) => {
      return { target: blob, present: present.has(blob.digest), mounted: places.mounted.has(blob.digest) };
    });
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

interface Job {
  readonly source: Source;
  readonly target: Store;
  /** Ends the others when one fails. */
  readonly stop: AbortController;
  readonly options: CopyBlobsOptions;
  readonly clock: Clock;
  readonly places: Limit;
  /** What a sibling repository had. */
  readonly mounted: Set<Digest>;
  readonly carrier: Carrier | undefined;
}

/** Asks for several at a time: each may be a request. */
async function whatIsPresent(
  blobs: readonly BlobWork[],
  { target, stop, places }: Pick<Job, 'target' | 'stop' | 'places'>,
): Promise<ReadonlySet<Digest>> {
  const present = new Set<Digest>();
  const ask = async ({ target: blob }: BlobWork): Promise<void> => {
    const leave = await places.acquire(stop.signal);
    try {
      if (await target.has(blob, { signal: stop.signal })) present.add(blob.digest);
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      leave();
    }
  };
  await allOrFirstError(blobs.map(ask));
  return present;
}

/** Each blob once; with its diffId, where one of those that are the same blob has it. */
function distinctBlobs(blobs: readonly BlobWork[]): readonly BlobWork[] {
  const distinct = new Map<Digest, BlobWork>();
  for (const blob of blobs) {
    const { digest } = blob.target;
    const known = distinct.get(digest);
    const diffIds = new Set([known?.diffId, blob.diffId].filter((diffId) => diffId !== undefined));
    if (diffIds.size > 1) {
      throw new DrayError('DIFF_ID_MISMATCH', `the layer ${digest} cannot be both ${[...diffIds].join(' and ')}`);
    }
    if (known?.diffId === undefined) distinct.set(digest, blob);
  }
  return [...distinct.values()];
}

async function copyBlob(blob: BlobWork, job: Job): Promise<void> {
  const { source, target, stop, options, places } = job;
  const { signal } = stop;
  const report = reportOf(blob, options);
  let leave: (() => void) | undefined;
  let ingest: Ingest | undefined;
  try {
    leave = places.tryAcquire();
    if (leave === undefined) {
      if (target.upload !== undefined) report.state('waiting', 0);
      leave = await places.acquire(signal);
    }
    if (await mountBlob(blob, report, job)) return;
    if (target.upload !== undefined) return await uploadBlob(source, target, blob, { ...uploading(job), report });
    if (target.ingest === undefined) return await putBlob(blob, report, job);
    ingest = await target.ingest(blob.target, { diffId: blob.diffId, signal, onEvent: options.onEvent });
    if (ingest === undefined) report.state('done', blob.target.size);
    else await fill(ingest, blob.role, report, job);
  } catch (error) {
    // Before the place is free: none of those that wait is to begin.
    stop.abort(error);
    report.state('failed', ingest === undefined ? 0 : coveredBytes(ingest.have()));
    throw error;
  } finally {
    leave?.();
  }
}

/** True when one of the sibling repositories had the blob. */
async function mountBlob({ target: blob }: BlobWork, report: BlobReport, job: Job): Promise<boolean> {
  const { target, stop, options } = job;
  for (const from of options.mountFrom?.(blob) ?? []) {
    if ((await target.mount?.(blob, from, { signal: stop.signal, onEvent: options.onEvent })) !== true) continue;
    job.mounted.add(blob.digest);
    report.state('mounted', blob.size, from);
    return true;
  }
  return false;
}

function uploading({ stop, clock, options }: Job): Omit<UploadBlobOptions, 'report'> {
  const { retries = 5, targetVerifies, onEvent } = options;
  return { retries, targetVerifies, clock, signal: stop.signal, onEvent };
}

/** Brings what the ingest lacks, on this thread or another; lets the ingest go, whatever comes of it. */
async function fill(ingest: Ingest, role: BlobRole, report: BlobReport, job: Job): Promise<void> {
  const { source, stop, clock, places, carrier } = job;
  const { signal } = stop;
  const { onEvent, retries, lanes = 6 } = job.options;
  let assignment: Assignment | undefined;
  try {
    assignment = carrier?.assign(ingest.target.size);
    const carry = assignment?.carry;
    const how = { role, retries, signal, onEvent };
    if (carry !== undefined && (await carryBlob(source, ingest, carry, { ...how, report }))) return;
    const extra = lanes > 1 ? { places, most: lanes } : undefined;
    await transfer(source, ingest, { ...how, clock, extra });
  } finally {
    assignment?.done();
    await ingest.release();
  }
}

/** The plain way, for places that take content only as a whole. */
async function putBlob(blob: BlobWork, report: BlobReport, job: Job): Promise<void> {
  const { source, target, options, clock } = job;
  const { signal } = job.stop;
  report.state('started', 0);
  const content = continued(source, blob.target, { report, retries: options.retries ?? 5, clock, signal });
  await target.put(blob.target, content, { diffId: blob.diffId, signal });
  report.state('done', blob.target.size);
}

function reportOf(blob: BlobWork, options: CallOptions): BlobReport {
  return createBlobReport(blob.target, blob.role, options.onEvent);
}

/** Waits for all to end; the first error is the one that counts, since it has stopped the others. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const errors: unknown[] = [];
  await Promise.all(work.map((one) => one.catch((error: unknown) => errors.push(error))));
  if (errors.length > 0) throw errors[0];
}
