/** More than an endpoint is shown at a time; of tokens that are renewed again and again the oldest are forgotten. */
const MOST = 64;
/** A shorter value of a header would be found in any text. */
const SHORTEST_HEADER = 8;

/** What the servers of one connection were shown in headers, for errors in which they repeat it. */
export class ShownSecrets {
  readonly #headers: ReadonlySet<string>;
  readonly #values = new Set<string>();

  /** @param headers names of headers, besides Authorization, whose values are secret */
  constructor(headers: readonly string[]) {
    this.#headers = new Set(headers.map((name) => name.toLowerCase()));
  }

  /** Remembers what a request is about to show. */
  note(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() === 'authorization') this.#noteAuthorization(value);
      else if (this.#headers.has(name.toLowerCase()) && value.length >= SHORTEST_HEADER) this.#add(value);
    }
  }

  /** `text` without them. */
  redact(text: string): string {
    let left = text;
    for (const value of this.#values) left = left.replaceAll(value, '***');
    return left;
  }

  #noteAuthorization(value: string): void {
    const [, scheme = '', secret = ''] = /^(\S+)\s+(.*)$/.exec(value) ?? [];
    this.#add(secret);
    if (scheme.toLowerCase() !== 'basic') return;
    const user = Buffer.from(secret, 'base64').toString();
    this.#add(user.slice(user.indexOf(':') + 1));
  }

  #add(value: string): void {
    if (value === '' || this.#values.has(value)) return;
    this.#values.add(value);
    const [oldest] = this.#values;
    if (this.#values.size > MOST && oldest !== undefined) this.#values.delete(oldest);
  }
}
