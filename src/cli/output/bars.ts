import { shortId } from '#oci';
import { type BlobView, humanSize, type ProgressState } from '#progress';
import { oneLine } from './printable.ts';
import { summary } from './summary.ts';

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
  /** Layers that are no longer shown. */
  readonly hidden: ReadonlySet<string>;
  readonly action: keyof typeof WORDS;
  /** With the line of sums under the layers. */
  readonly total: boolean;
}

/** What is said of a layer, by what is done with it. */
const WORDS = {
  pull: { queued: 'Pulling fs layer', started: 'Downloading', exists: 'Already exists', done: 'Pull complete' },
  push: { queued: 'Preparing', started: 'Pushing', exists: 'Layer already exists', done: 'Pushed' },
  copy: { queued: 'Waiting', started: 'Copying', exists: 'Already exists', done: 'Copied' },
  unpack: { queued: 'Waiting', started: 'Unpacking', exists: 'Already exists', done: 'Unpacked' },
  export: { queued: 'Waiting', started: 'Reading', exists: 'Already exists', done: 'Read' },
} as const;
const WIDEST_BAR = 50;
const NARROWEST_BAR = 8;

/**
 * The lines to show for transfers in progress, none wider than the terminal, and all together less than its height.
 * No lines where nothing is to be fetched.
 */
export function frame(state: ProgressState, options: FrameOptions): string[] {
  const shown = [...state.blobs.values()].filter(
    ({ role, state: is, digest }) => role === 'layer' && is !== 'planned' && !options.hidden.has(digest),
  );
  if (shown.every(({ state: is }) => is === 'exists' || is === 'mounted')) return [];
  const room = Math.max(1, options.rows - (options.total ? 2 : 1));
  const chosen = shown.length <= room ? shown : mostActive(shown, room - 1);
  const lines = chosen.map((blob) => layerLine(blob, options));
  if (chosen.length < shown.length) lines.push(othersLine(shown, chosen));
  if (options.total) lines.push(`Total: ${summary(state, options.now)}`);
  return lines.map((line) => line.slice(0, Math.max(1, options.columns - 1)));
}

/** 0 for what moves, 1 for what is to come, 2 for what is over. */
function rank({ state }: BlobView): number {
  if (state === 'queued') return 1;
  return state === 'done' || state === 'exists' || state === 'mounted' ? 2 : 0;
}

function mostActive(blobs: readonly BlobView[], count: number): BlobView[] {
  const best = new Set(blobs.toSorted((a, b) => rank(a) - rank(b)).slice(0, count));
  return blobs.filter((blob) => best.has(blob));
}

function othersLine(all: readonly BlobView[], chosen: readonly BlobView[]): string {
  const others = all.filter((blob) => !chosen.includes(blob));
  const counts = ['in transfer', 'to come', 'complete'].map((what, order) => {
    const count = others.filter((blob) => rank(blob) === order).length;
    return count === 0 ? [] : [`${count} ${what}`];
  });
  return `... and ${others.length} more: ${counts.flat().join(', ')}`;
}

function layerLine(blob: BlobView, { columns, now, action }: FrameOptions): string {
  const id = shortId(action === 'push' ? (blob.diffId ?? blob.digest) : blob.digest);
  const words = WORDS[action];
  switch (blob.state) {
    case 'started':
      return `${id}: ${moving(blob, words.started, columns - 1 - id.length - 2)}`;
    case 'retrying':
      return `${id}: ${retrying(blob, now)}`;
    case 'exists':
      return `${id}: ${words.exists}`;
    case 'mounted':
      return `${id}: Mounted${blob.from === undefined ? '' : ` from ${oneLine(blob.from)}`}`;
    case 'skipped':
      return `${id}: Skipped foreign layer`;
    case 'compressing':
      return `${id}: Compressing`;
    case 'waiting':
      return action === 'pull' ? `${id}: Waiting for another dray that fetches it` : `${id}: Waiting`;
    case 'verifying':
      return `${id}: Verifying Checksum`;
    case 'done':
      return `${id}: ${words.done}`;
    case 'failed':
      return `${id}: ${stopped(blob)}`;
    default:
      return `${id}: ${words.queued}`;
  }
}

/** Where something of it is kept, how much: the layers of a pull that was interrupted have not gone wrong. */
function stopped({ received, size }: BlobView): string {
  return received > 0 ? `Stopped at ${humanSize(received)} of ${humanSize(size)}` : 'Failed';
}

function moving({ received, resumed, size }: BlobView, word: string, width: number): string {
  const status = resumed > 0 && received === resumed ? 'Resuming'.padEnd(word.length) : word;
  const numbers = `${humanSize(received).padStart(8)}/${humanSize(size)}`;
  const bar = Math.min(WIDEST_BAR, width - status.length - numbers.length - 4);
  if (bar < NARROWEST_BAR) return `${status} ${numbers}`;
  const filled = size === 0 ? bar : Math.floor((Math.min(received, size) / size) * bar);
  return `${status} [${`${'='.repeat(filled)}>`.slice(0, bar).padEnd(bar)}] ${numbers}`;
}

function retrying({ retry, received, size }: BlobView, now: number): string {
  const seconds = Math.max(0, Math.ceil(((retry?.at ?? now) - now) / 1000));
  const kept = received > 0 ? `, ${humanSize(received)} of ${humanSize(size)} kept` : '';
  return `Retrying in ${seconds} second${seconds === 1 ? '' : 's'} (${oneLine(retry?.reason ?? '')}${kept})`;
}
