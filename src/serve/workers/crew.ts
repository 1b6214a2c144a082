import { messageOf } from '#errors';
import { backoff } from '#timing';
import type { ServerLog } from '../observe/log/server-log.ts';
import { type MetricsSnapshot, mergeSnapshots, risingOf } from '../observe/metrics/snapshot.ts';
import type { RegistryEvent } from '../observe/port.ts';
import { Member } from './member.ts';
import type { FromWorker, ToWorker } from './messages.ts';

export interface CrewOptions {
  readonly count: number;
  readonly start: Extract<ToWorker, { kind: 'start' }>;
  readonly log: ServerLog;
  readonly onEvent: (event: RegistryEvent) => void;
  /** Figures besides those of the workers. */
  readonly own: () => Promise<MetricsSnapshot>;
}

/** The processes that answer. Whoever of them ends, before the crew does, is replaced. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Set<Member>();
  /** Those that are to follow somebody. */
  readonly #due = new Set<NodeJS.Timeout>();
  #retired: MetricsSnapshot = [];
  #isEnding = false;
  #failures = 0;
  #last = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Resolves when all answer. Rejects with what one that could not start says; all have ended then. */
  async start(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.count }, async () => this.#hire().ready));
    } catch (error) {
      await this.end(0, undefined);
      throw error;
    }
    for (const member of this.#members) void this.#watch(member);
  }

  /** The figures of all together; those of workers that have ended still count. */
  async collect(): Promise<MetricsSnapshot> {
    this.#last += 1;
    await Promise.all([...this.#members].map(async (member) => member.askFigures(this.#last)));
    const told = [...this.#members].map(({ figures }) => figures);
    return mergeSnapshots([await this.#options.own(), this.#retired, ...told]);
  }

  reload(): void {
    for (const member of this.#members) member.tell({ kind: 'reload' });
  }

  /** Has all of them end their work; resolves, when they are gone, to the number of requests that were cut. */
  async end(timeout: number, hurry: AbortSignal | undefined): Promise<number> {
    this.#isEnding = true;
    for (const timer of this.#due) clearTimeout(timer);
    const hasten = (): void => {
      for (const member of this.#members) member.tell({ kind: 'hurry' });
    };
    hurry?.addEventListener('abort', hasten, { once: true });
    const all = Promise.all([...this.#members].map(async (member) => member.end(timeout)));
    if (hurry?.aborted === true) hasten();
    const cuts = await all;
    hurry?.removeEventListener('abort', hasten);
    return cuts.reduce((sum, cut) => sum + cut, 0);
  }

  #hire(): Member {
    const member: Member = new Member(this.#options.start, (message) => this.#hear(member, message));
    this.#members.add(member);
    return member;
  }

  #hear(member: Member, message: FromWorker): void {
    if (message.kind === 'event') this.#options.onEvent(message.event);
    else if (message.kind === 'collect') {
      void this.collect().then((snapshot) => member.tell({ kind: 'collected', id: message.id, snapshot }));
    }
  }

  /** Waits until a worker is gone, and has another one follow it. */
  async #watch(member: Member): Promise<void> {
    const by = await member.gone;
    this.#members.delete(member);
    this.#retired = mergeSnapshots([this.#retired, risingOf(member.figures)]);
    if (this.#isEnding) return;
    // one that has answered is followed at once
    this.#failures = member.hasAnswered ? 0 : this.#failures + 1;
    const delay = this.#failures === 0 ? 0 : backoff(this.#failures);
    this.#options.log.error('a worker ended, another one takes its place', { pid: member.pid, by, delay });
    const timer = setTimeout(() => {
      this.#due.delete(timer);
      this.#follow();
    }, delay);
    this.#due.add(timer);
  }

  #follow(): void {
    const member = this.#hire();
    void this.#watch(member);
    member.ready.catch((error: unknown) => {
      this.#options.log.error(`a worker cannot start: ${messageOf(error)}`);
      member.kill();
    });
  }
}
