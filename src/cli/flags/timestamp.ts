import { parsePastTime } from '#timing';
import { badValue, type ValueParser } from './values.ts';

/** A time as docker's `until` takes it, in milliseconds since 1970: how long ago (`24h`), RFC 3339 or a part of it, or seconds since 1970. */
export function timestamp(now: number): ValueParser<number> {
  return (text, flag) => {
    const time = parsePastTime(text, now);
    if (time === undefined)
      throw badValue(text, flag, 'a time is RFC 3339, seconds since 1970, or how long ago, like 24h');
    return time;
  };
}
