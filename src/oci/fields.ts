import { DrayError } from '#errors';
import type { Digest } from './descriptor.ts';
import { digestFault, isDigest } from './digest.ts';
import { invalidDocument, isJsonObject, type JsonObject, type JsonValue, nameOf } from './json.ts';
import { quoted } from './printable.ts';

/**
 * The members of one JSON object of a document, each read as the type it must have. An error (MANIFEST_INVALID) names the
 * document and the path of the member. For members that may be left out, null is the same as absent: Go writes so.
 */
export class Fields {
  readonly object: JsonObject;
  /** Names the document in errors. */
  readonly what: string;
  /** Where in the document, `layers[3].`; empty at the top. */
  readonly #path: string;

  constructor(object: JsonObject, what: string, path = '') {
    this.object = object;
    this.what = what;
    this.#path = path;
  }

  /** What `value`, at the place `at` of this object, is when it must be an object. */
  at(value: JsonValue | undefined, at: string): Fields {
    if (!isJsonObject(value)) throw this.wrong(at, value, 'an object');
    return new Fields(value, this.what, `${this.#path}${at}.`);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.object, key);
  }

  get(key: string): JsonValue | undefined {
    return this.has(key) ? this.object[key] : undefined;
  }

  fields(key: string): Fields {
    return this.at(this.get(key), key);
  }

  optionalFields(key: string): Fields | undefined {
    const value = this.get(key);
    return value === undefined || value === null ? undefined : this.at(value, key);
  }

  string(key: string): string {
    const value = this.get(key);
    if (typeof value !== 'string') throw this.wrong(key, value, 'a string');
    return value;
  }

  /** Undefined when absent or empty, as Go's writers do not tell the two apart. */
  optionalString(key: string): string | undefined {
    const value = this.get(key);
    return value === undefined || value === null || value === '' ? undefined : this.string(key);
  }

  /** True only for `true`; false when absent. */
  flag(key: string): boolean {
    const value = this.get(key);
    if (value === undefined || value === null || typeof value === 'boolean') return value === true;
    throw this.wrong(key, value, 'true or false');
  }

  /** An integer from 0 to 2^53-1. */
  size(key: string): number {
    const value = this.get(key);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value === 0 ? 0 : value;
    throw this.wrong(key, value, 'an integer from 0 to 2^53-1');
  }

  /** A digest; one of an algorithm that we do not know throws UNSUPPORTED. */
  digest(key: string): Digest {
    return this.digestValue(this.get(key), key);
  }

  digestValue(value: JsonValue | undefined, at: string): Digest {
    if (typeof value !== 'string') throw this.wrong(at, value, 'a digest');
    if (isDigest(value)) return value;
    if (digestFault(value).code !== 'UNSUPPORTED') throw this.wrong(at, value, 'a digest');
    throw new DrayError(
      'UNSUPPORTED',
      `cannot read ${this.what}: ${this.#path}${at} has an unsupported digest algorithm: ${quoted(value)}`,
    );
  }

  list(key: string, most: number): readonly JsonValue[] {
    const value = this.get(key);
    if (!Array.isArray(value)) throw this.wrong(key, value, 'an array');
    if (value.length > most) {
      throw invalidDocument(this.what, `${this.#path}${key} has ${value.length} entries; at most ${most} are read`);
    }
    return value as readonly JsonValue[];
  }

  optionalList(key: string, most: number): readonly JsonValue[] {
    const value = this.get(key);
    return value === undefined || value === null ? [] : this.list(key, most);
  }

  optionalStrings(key: string, most: number): readonly string[] | undefined {
    const values = this.optionalList(key, most);
    if (values.length === 0) return undefined;
    return values.map((value, index) => {
      if (typeof value !== 'string') throw this.wrong(`${key}[${index}]`, value, 'a string');
      return value;
    });
  }

  optionalStringMap(key: string): Readonly<Record<string, string>> | undefined {
    const map = this.optionalFields(key);
    if (map === undefined) return undefined;
    return Object.fromEntries(Object.keys(map.object).map((name) => [name, map.string(name)]));
  }

  /**
   * Refuses a member that is one of `names` but for upper and lower case: Go's readers take `Layers` for `layers`, others do not.
   */
  refuseOtherCase(names: readonly string[]): void {
    const folded = new Map(names.map((name) => [fold(name), name]));
    for (const key of Object.keys(this.object)) {
      const name = folded.get(fold(key));
      if (name !== undefined && name !== key) {
        throw invalidDocument(this.what, `${this.#path}${quoted(key)} is ambiguous: some take it for "${name}"`);
      }
    }
  }

  wrong(at: string, found: JsonValue | undefined, wanted: string): DrayError {
    return invalidDocument(this.what, `${this.#path}${at} is ${nameOf(found)}, not ${wanted}`);
  }
}

/** As Go's encoding/json compares keys: the long s and the Kelvin sign are letters too. */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}
