import type { HttpHeaders } from './types.ts';

/** Header fields in the order in which they came. */
export class HeaderList implements HttpHeaders {
  readonly #values = new Map<string, string[]>();

  /** @param name in lower case */
  add(name: string, value: string): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase())?.join(', ');
  }

  all(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  *entries(): Generator<readonly [string, string], void, undefined> {
    for (const [name, values] of this.#values) yield [name, values.join(', ')];
  }

  /** True when the comma separated list of `name` has `token`, in any case. */
  has(name: string, token: string): boolean {
    const list = this.get(name);
    return list !== undefined && list.split(',').some((entry) => entry.trim().toLowerCase() === token);
  }
}
