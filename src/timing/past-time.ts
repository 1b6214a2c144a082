import { parseGoDuration } from './go-duration.ts';

/**
 * A time as docker's filters take it, in milliseconds since 1970: how long before `now` (`24h`), RFC 3339 or the beginning of it (in local time
 * where it names no zone), or seconds since 1970. Undefined for what is none of these.
 */
export function parsePastTime(text: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return finite(Number(text) * 1000);
  if (/^\d{4}-\d\d-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) {
    const [date = '', time = '00:00:00'] = text.split('T');
    const [, clock = '', zone = ''] = /^([^Z+-]*)(.*)$/.exec(time) ?? [];
    const whole = `${clock}:00:00`.split(':').slice(0, 3).join(':');
    return finite(Date.parse(`${date}T${whole}${zone}`));
  }
  const ago = parseGoDuration(text);
  return ago === undefined ? undefined : finite(now - ago);
}

function finite(time: number): number | undefined {
  return Number.isFinite(time) ? time : undefined;
}
