import nodeFs from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#errors';
import { createLineSink, type LineSink } from '../log/line-sink.ts';
import { fileTarget } from '../log/line-targets.ts';
import type { ToldEvent } from './envelope.ts';

interface Segment {
  readonly path: string;
  readonly sink: LineSink;
  /** Events in it that have not been told. */
  readonly pending: Set<string>;
  count: number;
}

/** Events per file: one goes when all of its events have been told. */
const SEGMENT = 1000;
/** Characters: a disk that stands still must not fill the memory. */
const WAITING = 2 ** 26;
const NAME = /^(?<number>\d{10})\.jsonl$/;

/**
 * The events that an endpoint has yet to be told, in files of a folder: a line for each that comes, one for each that was told. What is written
 * outlasts the process, not a machine that loses power. A line that was cut off is no event.
 */
export class EventFile {
  readonly #folder: string;
  readonly #onLost: (reason: string) => void;
  readonly #segments: Segment[] = [];
  readonly #closing = new Set<Promise<void>>();
  #next = 1;

  /**
   * Reads what an earlier process has left: `pending`, in the order in which it came. Throws what the file system throws.
   * @param onLost hears of events that could not be written, later
   */
  static open(
    folder: string,
    onLost: (reason: string) => void,
  ): { readonly file: EventFile; readonly pending: readonly ToldEvent[] } {
    nodeFs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = new EventFile(folder, onLost);
    const names = nodeFs.readdirSync(folder).filter((name) => NAME.test(name));
    const pending = new Map<string, ToldEvent>();
    for (const name of names.sort()) {
      readLines(join(folder, name), pending);
      file.#next = Number(name.slice(0, 10)) + 1;
    }
    const events = [...pending.values()];
    // Into files of its own, then the old ones can go: a crash in between makes some events come twice, with the ids they had.
    if (events.length > 0) file.#rewrite(events);
    for (const name of names) nodeFs.rmSync(join(folder, name));
    return { file, pending: events };
  }

  private constructor(folder: string, onLost: (reason: string) => void) {
    this.#folder = folder;
    this.#onLost = onLost;
  }

  /** Does not throw: what cannot be written is told. */
  add(event: ToldEvent): void {
    try {
      const last = this.#segments.at(-1);
      const segment = last === undefined || last.count >= SEGMENT ? this.#begin(this.#path(), new Set()) : last;
      segment.count += 1;
      segment.pending.add(event.id);
      segment.sink.write(JSON.stringify(event));
    } catch (error) {
      this.#onLost(messageOf(error));
    }
  }

  told(events: readonly ToldEvent[]): void {
    const last = this.#segments.at(-1);
    for (const { id } of events) {
      last?.sink.write(JSON.stringify({ told: id }));
      this.#segments.find(({ pending }) => pending.delete(id));
    }
    while (this.#segments.length > 1 && this.#segments[0]?.pending.size === 0) this.#drop(this.#segments.shift());
  }

  /** Resolves when everything is written; files go where nothing is left to tell. */
  async close(): Promise<void> {
    const isEmpty = this.#segments.every(({ pending }) => pending.size === 0);
    for (const segment of this.#segments.splice(0)) {
      if (isEmpty) this.#drop(segment);
      else this.#close(segment.sink.close());
    }
    await Promise.all(this.#closing);
  }

  #rewrite(events: readonly ToldEvent[]): void {
    const path = this.#path();
    nodeFs.writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''), { mode: 0o640 });
    this.#begin(path, new Set(events.map(({ id }) => id)));
  }

  #begin(path: string, pending: Set<string>): Segment {
    const gap = (count: number): undefined => {
      this.#onLost(`${count} lines could not be written`);
    };
    const sink = createLineSink(fileTarget(path), { limit: WAITING, gap });
    const segment = { path, pending, sink, count: pending.size };
    this.#segments.push(segment);
    return segment;
  }

  #path(): string {
    const path = join(this.#folder, `${String(this.#next).padStart(10, '0')}.jsonl`);
    this.#next += 1;
    return path;
  }

  #drop(segment: Segment | undefined): void {
    if (segment === undefined) return;
    this.#close(segment.sink.close().then(() => nodeFs.rmSync(segment.path, { force: true })));
  }

  /** A file that cannot be removed stays: the next start tries again. */
  #close(closing: Promise<void>): void {
    const closed = closing.catch(() => {}).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

function readLines(path: string, pending: Map<string, ToldEvent>): void {
  for (const line of nodeFs.readFileSync(path, 'utf8').split('\n')) {
    const entry = entryOf(line);
    if (entry === undefined) continue;
    if ('told' in entry) pending.delete(entry.told);
    else if (typeof entry.id === 'string') pending.set(entry.id, entry);
  }
}

function entryOf(line: string): ToldEvent | { readonly told: string } | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? (entry as ToldEvent) : undefined;
  } catch {
    return undefined;
  }
}
