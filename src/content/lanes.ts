import { type ByteRange, coveredBytes, missingRanges } from '#bytes';
import { cancelled, DrayError, hasCode, isDrayError, messageOf, throwIfCancelled } from '#errors';
import type { Clock } from '#timing';
import type { BlobReport } from './blob-report.ts';
import { createGrowth } from './growth.ts';
import { Lane } from './lane.ts';
import type { Limit } from './limit.ts';
import { Patience } from './patience.ts';
import type { Fetched, Ingest, Source } from './ports.ts';
import { LEAST_PROGRESS } from './watch.ts';

/** Connections that one blob may take besides its first: `places` are shared by all blobs in transfer. */
export interface ExtraLanes {
  readonly places: Limit;
  /** Lanes of one blob, the first included. */
  readonly most: number;
}

export interface LanesOptions {
  readonly report: BlobReport;
  readonly clock: Clock;
  /** Failures in a row, without progress between, that are borne. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly extra: ExtraLanes | undefined;
  /** Called whenever bytes come on a connection that has brought more than a few. */
  readonly onProgress: () => void;
}

/** Blobs under this are not worth a second connection. */
const SMALLEST_TO_SPLIT = 32 * 1024 * 1024;
const SMALLEST_PIECE = 2 * 1024 * 1024;

/** A range was asked for and the place began elsewhere: no reason to fail, but no second lane either. */
class RangeRefused extends Error {}

/**
 * Brings every byte that `ingest` lacks, over one request or several ranges at once. Failures of the network are borne: the same
 * bytes are asked for again, from where they stopped. Rejects with the last failure, with SIZE_MISMATCH when more or fewer bytes
 * come than the descriptor says, and with whatever `ingest.write` throws.
 */
export async function fetchMissing(source: Source, ingest: Ingest, options: LanesOptions): Promise<void> {
  await new Fetching(source, ingest, options).run();
}

class Fetching {
  readonly #source: Source;
  readonly #ingest: Ingest;
  readonly #options: LanesOptions;
  readonly #pending: ByteRange[];
  readonly #lanes = new Set<Lane>();
  readonly #running = new Set<Promise<void>>();
  readonly #growth;
  readonly #patience: Patience;
  readonly #size: number;
  #received: number;
  /** The place's ranges are not to be trusted: everything is asked for from its start. */
  #whole = false;
  /** Missing bytes have come since this began. */
  #flowed = false;
  #fatal: Error | undefined;
  #considered = 0;

  constructor(source: Source, ingest: Ingest, options: LanesOptions) {
    this.#source = source;
    this.#ingest = ingest;
    this.#options = options;
    this.#size = ingest.target.size;
    this.#pending = missingRanges(ingest.have(), this.#size);
    this.#received = coveredBytes(ingest.have());
    this.#patience = new Patience(this.#size, options);
    this.#growth = createGrowth(options.extra?.most ?? 1);
  }

  async run(): Promise<void> {
    // A lane that ends may leave its piece behind for the others, or for a new one.
    while (this.#pending.length > 0 && this.#fatal === undefined) {
      await this.#drive(this.#open());
      while (this.#running.size > 0) await Promise.all(this.#running);
    }
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  #open(): Lane {
    const lane = new Lane();
    this.#lanes.add(lane);
    return lane;
  }

  async #drive(lane: Lane): Promise<void> {
    const { signal } = this.#options;
    const abort = (): void => lane.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      // Nobody listened when a signal aborted before that.
      throwIfCancelled(signal);
      for (;;) {
        const piece = this.#fatal === undefined && !lane.retired ? this.#take(lane) : undefined;
        if (piece === undefined) return;
        lane.begin(piece);
        try {
          await this.#fetchPiece(lane);
        } catch (error) {
          if (lane.left > 0) this.#pending.push(lane.yieldFrom());
          if (!(await this.#bear(lane, error))) return;
        }
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#lanes.delete(lane);
      signal.removeEventListener('abort', abort);
    }
  }

  /** The next piece for a lane: what nobody has, else half of what the slowest other lane still has before it. */
  #take(lane: Lane): ByteRange | undefined {
    const waiting = this.#pending.shift();
    if (waiting !== undefined) return waiting;
    let victim: Lane | undefined;
    for (const other of this.#lanes) {
      if (other !== lane && other.left > (victim?.left ?? 0)) victim = other;
    }
    if (victim === undefined) return undefined;
    if (victim.fresh === 0 && this.#received > 0 && lane.position > 0) {
      const piece = victim.yieldFrom();
      victim.retire();
      return piece;
    }
    if (victim.left < 2 * SMALLEST_PIECE) return undefined;
    return victim.yieldFrom(victim.position + Math.ceil(victim.left / 2));
  }

  async #fetchPiece(lane: Lane): Promise<void> {
    const { target } = this.#ingest;
    const asked = this.#whole ? this.#size : lane.end;
    lane.from = this.#whole ? 0 : lane.position;
    const fetched = await this.#source.fetch(target, {
      offset: lane.from,
      end: asked === this.#size ? undefined : asked,
      signal: lane.signal,
    });
    lane.answered = true;
    let at = await this.#startOf(fetched, lane);
    await fetched.pour((chunk) => {
      const skip = Math.min(chunk.length, Math.max(0, lane.position - at));
      at += chunk.length;
      lane.came += chunk.length;
      if (lane.came >= LEAST_PROGRESS) this.#options.onProgress();
      if (lane.retired) return false;
      if (skip === chunk.length) return true;
      const fresh = skip === 0 ? chunk : chunk.subarray(skip);
      const room = lane.left;
      if (fresh.length > room && asked === this.#size && lane.end === this.#size) throw this.#tooLong(at);
      const kept = fresh.length > room ? fresh.subarray(0, room) : fresh;
      if (kept.length > 0) this.#keep(lane, kept);
      return fresh.length <= room && (lane.left > 0 || lane.end === asked);
    });
    if (lane.left > 0 && !lane.retired) {
      throw new DrayError(
        'CONNECTION_LOST',
        `the registry sent ${lane.position} of ${this.#size} bytes of ${target.digest}`,
      );
    }
  }

  async #startOf(fetched: Fetched, lane: Lane): Promise<number> {
    if (fetched.offset === lane.position) return fetched.offset;
    if (fetched.offset !== 0 || this.#lanes.size > 1) {
      await fetched.pour(() => false);
      if (fetched.offset === 0) throw new RangeRefused();
      const { digest } = this.#ingest.target;
      throw new DrayError(
        'BAD_RESPONSE',
        `asked for ${digest} from byte ${lane.position}, got it from ${fetched.offset}`,
      );
    }
    this.#growth.settle(1);
    // What is here stays: the same bytes come again and are passed over, up to the first that is missing.
    this.#options.report.retry(0, 0, 0, 'the registry cannot continue a download: starting over');
    return 0;
  }

  #keep(lane: Lane, chunk: Uint8Array): void {
    this.#ingest.write(lane.position, chunk);
    lane.position += chunk.length;
    lane.fresh += chunk.length;
    this.#received += chunk.length;
    this.#flowed = true;
    if (lane.fresh >= LEAST_PROGRESS || lane.left === 0) this.#patience.renew();
    const now = this.#options.clock.monotonic();
    this.#options.report.progress(this.#received, now);
    if (now - this.#considered >= 50) {
      this.#considered = now;
      this.#consider(now);
    }
  }

  /** Opens or ends lanes as the measured rate suggests. */
  #consider(now: number): void {
    const { extra } = this.#options;
    if (extra === undefined || this.#size < SMALLEST_TO_SPLIT) return;
    const aim = this.#growth.aim(this.#received, this.#size - this.#received, this.#lanes.size, now);
    const lanes = [...this.#lanes];
    for (const lane of lanes.slice(aim)) lane.retire();
    for (let open = lanes.length; open < aim; open += 1) {
      const leave = extra.places.tryAcquire();
      if (leave === undefined) return;
      const running: Promise<void> = this.#drive(this.#open()).finally(() => {
        leave();
        this.#running.delete(running);
      });
      this.#running.add(running);
    }
  }

  /** Whether the lane may go on after `error`; waits before it does. */
  async #bear(lane: Lane, error: unknown): Promise<boolean> {
    const { signal, clock } = this.#options;
    if (signal.aborted) throw cancelled(signal);
    if (lane.retired || this.#fatal !== undefined) return false;
    const alone = this.#lanes.size === 1;
    if (error instanceof RangeRefused || (!alone && isOfPlace(error))) {
      if (alone) return true;
      this.#growth.settle(this.#lanes.size - 1);
      return false;
    }
    if (this.#distrusts(lane, error)) return true;
    const worked = lane.answered || this.#flowed;
    const delay = this.#patience.bear(error, { worked, received: this.#received });
    return this.#rested(lane, clock.sleep(delay, lane.signal));
  }

  /** Whether the lane is still wanted after its rest, which ends early when it is not. */
  async #rested(lane: Lane, rest: Promise<void>): Promise<boolean> {
    try {
      await rest;
      return true;
    } catch (error) {
      if (lane.retired) return false;
      throw error;
    }
  }

  /** Whether `error` shows, for the first time, that an answer to a range was not what it said. */
  #distrusts(lane: Lane, error: unknown): boolean {
    if (!lane.answered || lane.from === 0 || this.#whole || !hasCode(error, 'SIZE_MISMATCH')) return false;
    this.#whole = true;
    this.#growth.settle(1);
    this.#options.report.retry(0, 0, 0, `${messageOf(error)}: asking for it from the start`);
    return true;
  }

  #fail(error: unknown): void {
    this.#fatal ??= error instanceof Error ? error : new Error(messageOf(error));
    for (const lane of this.#lanes) lane.retire();
  }

  #tooLong(at: number): DrayError {
    const { digest, size } = this.#ingest.target;
    return new DrayError('SIZE_MISMATCH', `${digest} should have ${size} bytes, but the registry sends more`, {
      detail: { expected: size, atLeast: at },
    });
  }
}

/** What a place does wrong, rather than who keeps the bytes. */
function isOfPlace(error: unknown): boolean {
  return isDrayError(error) && (error.facts.family === 'network' || error.code === 'SIZE_MISMATCH');
}
