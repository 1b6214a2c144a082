import type { Digest } from '#oci';
import type { BlobRole, BlobState, ProgressEvent } from './events.ts';

/** What is known of one blob's transfer at this moment. */
export interface BlobView {
  readonly digest: Digest;
  /** What it is when uncompressed, where that is known: docker's name for it while it pushes. */
  readonly diffId?: Digest;
  readonly role: BlobRole;
  readonly size: number;
  /** Of one that is mounted: the repository that it came from. */
  readonly from?: string;
  /** `planned`: named by a manifest, nothing heard of it since; `retrying`: failed, and waits for its next try. */
  readonly state: BlobState['state'] | 'planned' | 'retrying';
  /** Bytes of it that are here. */
  readonly received: number;
  /** Those of them that an earlier run had brought. */
  readonly resumed: number;
  /** While `retrying`: when the next try begins (in the caller's milliseconds), and why the last one failed. */
  readonly retry: { readonly at: number; readonly attempt: number; readonly reason: string } | undefined;
}

interface Sample {
  readonly at: number;
  readonly fetched: number;
}

/** The events so far, as numbers. Given to `fold` it is used up: only what `fold` returns may be read after that. */
export interface ProgressState {
  /** In the order in which they were first heard of. */
  readonly blobs: ReadonlyMap<Digest, BlobView>;
  /** Bytes of all blobs known, and those of them that are here. */
  readonly total: number;
  readonly received: number;
  /** Bytes that came over the network in this run. */
  readonly fetched: number;
  readonly layers: { readonly total: number; readonly done: number };
  readonly samples: readonly Sample[];
}

/** Speed is that of the last eight seconds: short enough to see a stall, long enough not to jump. */
const WINDOW = 8_000;
const SAMPLE_EVERY = 200;

export function startProgress(): ProgressState {
  return { blobs: new Map(), total: 0, received: 0, fetched: 0, layers: { total: 0, done: 0 }, samples: [] };
}

/**
 * The state after `event`, which happened at `now` (milliseconds that never go back). Constant time whatever the number of
 * blobs, because `state` is changed in place.
 */
export function fold(state: ProgressState, event: ProgressEvent, now: number): ProgressState {
  switch (event.kind) {
    case 'image-planned':
      for (const [at, { digest, size }] of event.layers.entries()) {
        const diffId = event.diffIds?.[at];
        const known = state.blobs.get(digest);
        if (known === undefined || (diffId !== undefined && known.diffId === undefined)) {
          change(state, { ...(known ?? fresh(digest, 'layer', size)), ...(diffId !== undefined && { diffId }) });
        }
      }
      return state;
    case 'blob': {
      const before = viewOf(state, event);
      const { size, state: is, from } = event;
      if (is === 'replaced') return forget(state, event.digest);
      const received = HERE.has(is) ? size : event.received;
      const resumed = is === 'started' ? received : before.resumed;
      const arrived = before.state === 'started' || before.state === 'verifying';
      const origin = from !== undefined && { from };
      const known = { ...before, size, state: is, received, resumed, retry: undefined, ...origin };
      return sample(change(state, known, arrived ? received - before.received : 0), now);
    }
    case 'blob-progress': {
      const before = viewOf(state, event);
      const { size, received } = event;
      return sample(change(state, { ...before, size, received, state: 'started' }, received - before.received), now);
    }
    case 'blob-retry': {
      const retry = { at: now + event.delay, attempt: event.attempt, reason: event.reason };
      const { received } = event;
      return change(state, { ...viewOf(state, { ...event, size: 0 }), received, state: 'retrying', retry });
    }
    default:
      return state;
  }
}

/** Bytes per second of late; undefined while there is too little to tell. */
export function speedOf(state: ProgressState, now: number): number | undefined {
  const from = state.samples.findLast(({ at }) => at <= now - WINDOW) ?? state.samples[0];
  if (from === undefined || now - from.at < 500) return undefined;
  return ((state.fetched - from.fetched) * 1000) / (now - from.at);
}

/** Seconds until everything known is here, at the present speed; undefined where that cannot be told. */
export function secondsLeft(state: ProgressState, now: number): number | undefined {
  const speed = speedOf(state, now);
  if (speed === undefined || speed <= 0) return undefined;
  return Math.max(0, state.total - state.received) / speed;
}

/** True for a blob that nothing more will happen to. */
export function isSettled(blob: BlobView): boolean {
  return isHere(blob) || blob.state === 'failed';
}

interface Mutable {
  blobs: Map<Digest, BlobView>;
  total: number;
  received: number;
  fetched: number;
  layers: { total: number; done: number };
  samples: Sample[];
}

function fresh(digest: Digest, role: BlobRole, size: number): BlobView {
  return { digest, role, size, state: 'planned', received: 0, resumed: 0, retry: undefined };
}

function viewOf(state: ProgressState, about: { digest: Digest; role: BlobRole; size: number }): BlobView {
  return state.blobs.get(about.digest) ?? fresh(about.digest, about.role, about.size);
}

const HERE: ReadonlySet<BlobView['state'] | undefined> = new Set(['done', 'exists', 'mounted', 'skipped']);
const isHere = (blob: BlobView | undefined): boolean => HERE.has(blob?.state);

function change(state: ProgressState, blob: BlobView, fetched = 0): ProgressState {
  const inner = state as Mutable;
  const before = inner.blobs.get(blob.digest);
  inner.blobs.set(blob.digest, blob);
  inner.total += blob.size - (before?.size ?? 0);
  inner.received += blob.received - (before?.received ?? 0);
  inner.fetched += Math.max(0, fetched);
  if (blob.role === 'layer') {
    if (before === undefined) inner.layers.total += 1;
    inner.layers.done += Number(isHere(blob)) - Number(isHere(before));
  }
  return state;
}

function forget(state: ProgressState, digest: Digest): ProgressState {
  const inner = state as Mutable;
  const before = inner.blobs.get(digest);
  if (before === undefined || !inner.blobs.delete(digest)) return state;
  inner.total -= before.size;
  inner.received -= before.received;
  if (before.role === 'layer') inner.layers.total -= 1;
  return state;
}

function sample(state: ProgressState, now: number): ProgressState {
  const { samples, fetched } = state as Mutable;
  const last = samples.at(-1);
  if (last !== undefined && now - last.at < SAMPLE_EVERY) return state;
  samples.push({ at: now, fetched });
  while ((samples[1]?.at ?? now) < now - WINDOW) samples.shift();
  return state;
}
