import { DrayError } from '#errors';
import { quoted } from '#oci';

/** A moment: a Date, seconds since 1970, or text as docker takes it: how long ago (`1h30m`), RFC 3339 or a part of it, or seconds since 1970. */
export type Moment = Date | number | string;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SECONDS = /^\d{1,15}(?:\.\d{1,9})?$/;
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const DURATION = /^(?:\d{1,15}(?:\.\d{1,9})?(?:ms|s|m|h))+$/;

/**
 * A moment as engines want it: seconds since 1970. What is told as "ago" is ago of `now`, in milliseconds since 1970; a time without a
 * zone is one of this machine. Undefined for none; throws INVALID_OPTION.
 */
export function timestamp(moment: Moment | undefined, now: number): string | undefined {
  if (moment === undefined) return undefined;
  if (typeof moment === 'string' && SECONDS.test(moment)) return moment;
  const milliseconds = millisecondsOf(moment, now);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return (milliseconds / 1000).toFixed(3).replace(/\.?0+$/, '');
  throw new DrayError('INVALID_OPTION', `${quoted(String(moment))} is no time`, {
    hint: 'a time is a Date, seconds since 1970, how long ago (90s, 1h30m), or like 2026-05-01T12:00:00Z',
  });
}

function millisecondsOf(moment: Moment, now: number): number {
  if (moment instanceof Date) return moment.getTime();
  if (typeof moment === 'number') return moment * 1000;
  // A date alone is the beginning of the day here, as docker has it; for JavaScript it would be that of Greenwich.
  if (TIME.test(moment)) return Date.parse(moment.includes('T') ? moment : `${moment}T00:00`);
  return DURATION.test(moment) ? now - durationOf(moment) : Number.NaN;
}

function durationOf(text: string): number {
  const parts = text.matchAll(/([\d.]+)([a-z]+)/g);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN), 0);
}
