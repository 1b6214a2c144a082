import { parseGoDuration } from '#timing';
import { UsageError } from '../usage-error.ts';

/** Reads a flag's value. Throws what `badValue` gives. */
export interface ValueParser<T> {
  (text: string, flag: string): T;
  /** All values that it takes, where they are few. */
  readonly choices?: readonly string[];
}

export function badValue(text: string, flag: string, reason: string): UsageError {
  return new UsageError(`invalid argument ${JSON.stringify(text)} for "${flag}" flag: ${reason}`);
}

const LONGEST = 24 * 3_600_000;

/** A duration as Go writes it (`30s`, `1m30s`, `1.5h`) in milliseconds, however long. */
export const anyDuration: ValueParser<number> = (text, flag) => {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined) {
    throw badValue(text, flag, 'a duration has a number and a unit, like 30s, 1m30s or 500ms');
  }
  return milliseconds;
};

/** As `anyDuration`, from 1 ms to 24 h. */
export const duration: ValueParser<number> = (text, flag) => {
  const total = anyDuration(text, flag);
  if (total < 1 || total > LONGEST) throw badValue(text, flag, 'a duration from 1ms to 24h is wanted');
  return total;
};

/** Bytes per second: `10M` is 10 x 2^20; `K`, `M` and `G`, or a plain number. */
export const rate: ValueParser<number> = (text, flag) => {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(text);
  if (match === null) throw badValue(text, flag, 'a rate is bytes per second, like 500K, 10M or 1G');
  const power = ['', 'K', 'M', 'G'].indexOf((match[2] ?? '').toUpperCase());
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  if (bytes < 1024 || bytes > Number.MAX_SAFE_INTEGER) throw badValue(text, flag, 'a rate of at least 1K is wanted');
  return bytes;
};

/** Bytes: `20g` is 20 x 2^30; `k`, `m`, `g`, `t` with or without `b` or `ib`, or a plain number. */
export const size: ValueParser<number> = (text, flag) => {
  const match = /^(\d{1,15}(?:\.\d+)?) ?([kmgt]?)(?:i?b)?$/i.exec(text);
  if (match === null) throw badValue(text, flag, 'a size is a number of bytes, like 500m, 20g or 1048576');
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase());
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  if (bytes < 1 || bytes > Number.MAX_SAFE_INTEGER) throw badValue(text, flag, 'a size of at least 1 byte is wanted');
  return bytes;
};

/** A whole number from `low` to `high`. */
export function integer(low: number, high: number): ValueParser<number> {
  return (text, flag) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw badValue(text, flag, `a whole number from ${low} to ${high} is wanted`);
    return value;
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): ValueParser<T> {
  const parse = (text: string, flag: string): T => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw badValue(text, flag, `choose one of ${choices.join(', ')}`);
    return found;
  };
  return Object.assign(parse, { choices });
}

/** Any text but none. */
export const nonEmpty: ValueParser<string> = (text, flag) => {
  if (text === '') throw badValue(text, flag, 'it is empty');
  return text;
};

/** `KEY=VALUE` of an annotation or a label; the value may be empty. */
export const keyValue: ValueParser<readonly [string, string]> = (text, flag) => {
  const at = text.indexOf('=');
  if (at < 1) throw badValue(text, flag, 'KEY=VALUE is wanted');
  return [text.slice(0, at), text.slice(at + 1)];
};

/** `NAME=VALUE` of an HTTP header. */
export const header: ValueParser<readonly [string, string]> = (text, flag) => {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.*)$/s.exec(text);
  // oxlint-disable-next-line no-control-regex
  if (match === null || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    throw new UsageError(`invalid argument for "${flag}" flag: a header is NAME=VALUE, on one line`);
  }
  return [match[1] ?? '', match[2] ?? ''];
};

/** A URL with one of these schemes, or `host[:port]` without any. The value is not repeated in errors: it may hold a password. */
export function address(...schemes: readonly string[]): ValueParser<string> {
  return (text, flag) => {
    const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
    const whole = scheme === undefined ? `${schemes[0]}://${text}` : text;
    const known = scheme === undefined || schemes.includes(scheme.toLowerCase());
    if (!known || /\s/.test(text) || !URL.canParse(whole) || new URL(whole).hostname === '') {
      throw new UsageError(
        `invalid argument for "${flag}" flag: a URL is wanted, with ${schemes.join(', ')} or no scheme`,
      );
    }
    return text;
  };
}
