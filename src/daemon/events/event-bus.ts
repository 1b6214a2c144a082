/** Something that happened to an image, or to all that no one needed. */
export interface ImageHappening {
  /** An image by default; of other things there is nothing but that they were pruned. */
  readonly type?: 'image' | 'container' | 'volume' | 'network' | 'builder' | undefined;
  readonly action: 'pull' | 'push' | 'tag' | 'untag' | 'delete' | 'import' | 'load' | 'save' | 'prune';
  /** As docker has it: of a pull and a push the name, else the image ID; empty of a prune. */
  readonly id: string;
  /** Docker gives `name`, and the labels of the image. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** One that has been published. */
export interface PublishedEvent extends ImageHappening {
  readonly type: NonNullable<ImageHappening['type']>;
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970; no two events have the same. */
  readonly timeNano: bigint;
}

export interface EventListener {
  tell(event: PublishedEvent): void;
  /** Resolves when it has room for more; undefined where it has that now. */
  room(): Promise<void> | undefined;
}

/** As many as docker keeps. */
const KEPT = 256;
/** Characters of all attributes of an event: labels can be as long as an image wants. */
const MOST_ATTRIBUTES = 4096;
export const NANOS_OF_MS = 1_000_000n;

/** What happens in the engine, for those who listen. */
export class EventBus {
  readonly #latest: PublishedEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #last = 0n;

  publish({ type = 'image', action, id, attributes = {} }: ImageHappening): void {
    const now = BigInt(Date.now()) * NANOS_OF_MS;
    this.#last = now > this.#last ? now : this.#last + 1n;
    const event: PublishedEvent = { type, action, id, attributes: within(attributes), timeNano: this.#last };
    this.#latest.push(event);
    if (this.#latest.length > KEPT) this.#latest.shift();
    for (const listener of this.#listeners) listener.tell(event);
  }

  /** The same of many, no faster than those who listen take them in. */
  async publishAll(happenings: Iterable<ImageHappening>): Promise<void> {
    for (const happening of happenings) {
      this.publish(happening);
      const waits = [...this.#listeners].flatMap((listener) => listener.room() ?? []);
      if (waits.length > 0) await Promise.all(waits);
    }
  }

  /** The last 256, the oldest first. */
  get latest(): readonly PublishedEvent[] {
    return this.#latest;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** What happens from now on; the function returned ends that. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** The name, and labels as long as there is room; by key, as docker has them. */
function within(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let room = MOST_ATTRIBUTES - (attributes['name'] ?? '').length;
  const entries = Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.filter(([key, value]) => {
      if (key === 'name') return true;
      const length = key.length + value.length;
      if (length > room) return false;
      room -= length;
      return true;
    }),
  );
}
