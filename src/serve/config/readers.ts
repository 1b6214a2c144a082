import { DrayError, nearest } from '#errors';
import { quoted } from '#oci';
import type { ConfigNode } from './config-node.ts';
import { isNothing } from './config-node.ts';

/** Where a reader is: the key in full, and who hears of what has no effect. */
export interface Reading {
  /** `http.tls.certificate`; empty at the top. */
  readonly path: string;
  /** Makes a path absolute. */
  resolve(path: string): string;
  /** One line for the operator. */
  note(text: string): void;
}

/** Makes something of a part of a configuration. Throws INVALID_CONFIGURATION, which names the place, and no value. */
export type Read<T> = (node: ConfigNode, reading: Reading) => T;

export type Shape = Readonly<Record<string, Read<unknown>>>;
/** What a shape yields: the keys that are there. */
export type Values<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Read<infer T> ? T : never };

/** What is there cannot be used. */
export function refusal(node: ConfigNode, { path }: Reading, what: string): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `${node.at}: ${path} ${what}`);
}

export function wrong(node: ConfigNode, reading: Reading, wanted: string): DrayError {
  const found = node.kind === 'map' ? ', not keys and values' : node.kind === 'list' ? ', not a list' : '';
  return refusal(node, reading, `must be ${wanted}${found}`);
}

function scalar(node: ConfigNode, reading: Reading, wanted: string): string {
  if (node.kind !== 'scalar' || node.text === undefined) throw wrong(node, reading, wanted);
  return node.text;
}

export const text: Read<string> = (node, reading) => scalar(node, reading, 'a text');

/** The path of a file or folder. */
export const file: Read<string> = (node, reading) => reading.resolve(scalar(node, reading, 'a path'));

/** What stands before `/v2/`, with a slash at its beginning alone. Undefined: nothing does. */
export const basePath: Read<string | undefined> = (node, reading) => {
  const said = scalar(node, reading, 'a path, like /docker');
  const words = said.split('/').filter((word) => word !== '');
  if (!words.every((word) => /^[\w.~-]+$/.test(word))) throw wrong(node, reading, 'a path, like /docker');
  return words.length === 0 ? undefined : `/${words.join('/')}`;
};

/** A path of this server, or `true` for the usual one. */
export function pathOr(usual: string): Read<string | undefined> {
  return (node, reading) => {
    const said = scalar(node, reading, `a path, like ${usual}`);
    if (/^\/[\w.~/-]+$/.test(said)) return said;
    if (TRUE.test(said)) return usual;
    if (FALSE.test(said)) return undefined;
    throw wrong(node, reading, `a path, like ${usual}`);
  };
}

const LONGEST_WAIT = 24 * 86_400_000;
const TRUE = /^(true|yes|on|y|1|t)$/i;
const FALSE = /^(false|no|off|n|0|f)$/i;

export const toggle: Read<boolean> = (node, reading) => {
  const said = scalar(node, reading, 'true or false');
  if (TRUE.test(said)) return true;
  if (FALSE.test(said)) return false;
  throw wrong(node, reading, 'true or false');
};

export function whole(low: number, high: number = Number.MAX_SAFE_INTEGER): Read<number> {
  const wanted =
    high === Number.MAX_SAFE_INTEGER ? `a whole number from ${low} on` : `a whole number from ${low} to ${high}`;
  return (node, reading) => {
    const said = scalar(node, reading, wanted);
    const value = /^-?\d{1,15}$/.test(said) ? Number(said) : Number.NaN;
    if (!(value >= low && value <= high)) throw wrong(node, reading, wanted);
    return value;
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds: `30s`, `1h30m`, `7d`. A number alone counts nanoseconds, as Go has it; so 0 is the only one that is taken. */
export const duration: Read<number> = (node, reading) => {
  const wanted = 'a duration, like 30s, 1m30s or 168h';
  const said = scalar(node, reading, wanted);
  if (said === '0') return 0;
  const parts = [...said.matchAll(/(\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})(ns|us|µs|ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== said) throw wrong(node, reading, wanted);
  return Math.round(parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0));
};

/** Milliseconds for which something is waited for: a timer holds no more than 24 days. */
export function wait(least: number = 0): Read<number> {
  return (node, reading) => {
    const time = duration(node, reading);
    if (time < least || time > LONGEST_WAIT) throw refusal(node, reading, `must be from ${least}ms to 24d`);
    return time;
  };
}

/** Bytes: `4m` is 4 x 2^20; `k`, `m`, `g`, `t` with or without `b` or `ib`, or a plain number. */
export const size: Read<number> = (node, reading) => {
  const wanted = 'a number of bytes, like 500m, 20g or 1048576';
  const [, number, unit = ''] =
    /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgt]?)(?:i?b)?$/i.exec(scalar(node, reading, wanted)) ?? [];
  const bytes = Math.round(Number(number) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase()));
  if (!(bytes <= Number.MAX_SAFE_INTEGER)) throw wrong(node, reading, wanted);
  return bytes;
};

export function oneOf<const T extends string>(...choices: readonly T[]): Read<T> {
  const wanted = `one of ${choices.join(', ')}`;
  return (node, reading) => {
    const said = scalar(node, reading, wanted);
    const found = choices.find((choice) => choice === said.toLowerCase()) ?? choices.find((choice) => choice === said);
    if (found === undefined) throw wrong(node, reading, wanted);
    return found;
  };
}

/** A list; one that is not written as a list has one item. */
export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (node, reading) => {
    const items = node.kind === 'list' ? node.items : [node];
    return items.map((item, index) => read(item, { ...reading, path: `${reading.path}.${index}` }));
  };
}

/** Keys that the writer chooses. */
export function mapOf<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (node, reading) => {
    if (node.kind !== 'map') throw wrong(node, reading, 'keys and values');
    const said = [...node.entries].filter(([, value]) => !isNothing(value));
    return Object.fromEntries(said.map(([key, value]) => [key, read(value, below(reading, key))]));
  };
}

export type OnUnknown = (key: string, node: ConfigNode, reading: Reading) => void;

/** As `object`, for our own files: `readOnly` is written `read-only`. */
export function settings<S extends Shape>(shape: S): Read<Values<S>> {
  const names = new Map(Object.keys(shape).map((key) => [dashed(key), key]));
  const read = object(Object.fromEntries(Object.entries(shape).map(([key, value]) => [dashed(key), value])));
  return (node, reading) => {
    const values = Object.entries(read(node, reading)).map(([name, value]) => [names.get(name) ?? name, value]);
    return Object.fromEntries(values) as Values<S>;
  };
}

function dashed(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** One of a list of keys that must be there. */
export function required<T>(value: T | undefined, key: string, [node, reading]: readonly [ConfigNode, Reading]): T {
  if (value === undefined) throw refusal(node, reading, `needs ${key}`);
  return value;
}

/** Keys that are known. Whatever else is there is handed to `onUnknown`. */
export function object<S extends Shape>(
  shape: S,
  onUnknown: OnUnknown = refuseUnknown(Object.keys(shape)),
): Read<Values<S>> {
  return (node, reading) => {
    if (isNothing(node)) return {};
    if (node.kind !== 'map') throw wrong(node, reading, 'keys and values');
    const values: Record<string, unknown> = {};
    for (const [key, value] of node.entries) {
      const read = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (read === undefined) onUnknown(key, value, below(reading, key));
      else if (!isNothing(value)) values[key] = read(value, below(reading, key));
    }
    return values as Values<S>;
  };
}

export function below(reading: Reading, key: string): Reading {
  return { ...reading, path: reading.path === '' ? key : `${reading.path}.${key}` };
}

function refuseUnknown(known: readonly string[]): OnUnknown {
  return (key, node, { path }) => {
    const meant = nearest(key, known);
    throw new DrayError('INVALID_CONFIGURATION', `${node.at}: there is no setting ${quoted(path)}`, {
      hint: meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`,
    });
  };
}
