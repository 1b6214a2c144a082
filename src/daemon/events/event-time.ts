import { quoted } from '#oci';
import { EngineError } from '../http/engine-error.ts';

/** Digits of nanoseconds in a second. */
const DIGITS = 9;
/** Seconds, as docker reads them: a whole number of 64 bits. */
const MOST = 2n ** 63n - 1n;

/**
 * Reads `since` and `until`, seconds since 1970 with or without a fraction, as nanoseconds; undefined for none. Throws an EngineError 400
 * for what is no such number.
 */
export function eventTime(text: string | null): bigint | undefined {
  if (text === null || text === '') return undefined;
  const { whole, fraction = '' } = /^(?<whole>[+-]?\d+)(?:\.(?<fraction>\d+))?$/.exec(text)?.groups ?? {};
  if (whole === undefined) throw unreadable(text, 'invalid syntax');
  const seconds = BigInt(whole.replace('+', ''));
  if (seconds > MOST || seconds < -MOST - 1n) throw unreadable(text, 'value out of range');
  return seconds * 1_000_000_000n + BigInt(fraction.slice(0, DIGITS).padEnd(DIGITS, '0'));
}

function unreadable(text: string, why: string): EngineError {
  return new EngineError(400, `strconv.ParseInt: parsing ${quoted(text)}: ${why}`);
}
