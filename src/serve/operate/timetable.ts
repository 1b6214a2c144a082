import type { Clock } from '#timing';
import type { Schedule } from './options.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Has work done again and again, never twice at a time. */
export class Timetable {
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #work: (signal: AbortSignal) => Promise<void>;
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;

  /** @param work never rejects */
  constructor(clock: Clock, schedule: Schedule, work: (signal: AbortSignal) => Promise<void>) {
    this.#clock = clock;
    this.#schedule = schedule;
    this.#work = work;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const abort = new AbortController();
    this.#running = { abort, ended: this.#go(abort.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.abort.abort();
    await running?.ended;
  }

  async #go(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const due = this.#clock.now() + (this.#schedule.interval ?? DAY);
        await this.#sleepUntil(due + untilOpen(due, this.#schedule.window), signal);
        await this.#work(signal);
      }
    } catch {
      // The sleep was ended.
    }
  }

  /** In steps: a timer holds no more than 24 days, and a machine may be asleep meanwhile. */
  async #sleepUntil(due: number, signal: AbortSignal): Promise<void> {
    for (let left = due - this.#clock.now(); left > 0; left = due - this.#clock.now()) {
      await this.#clock.sleep(Math.min(left, 60 * MINUTE), signal);
    }
  }
}

/** Milliseconds from a time to when the window is open. */
export function untilOpen(time: number, window: Schedule['window']): number {
  if (window === undefined) return 0;
  const { from, to } = window;
  const minute = Math.floor((time % DAY) / MINUTE);
  const isOpen = from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  if (isOpen || from === to) return 0;
  const start = time - (time % DAY) + from * MINUTE;
  return (start > time ? start : start + DAY) - time;
}
