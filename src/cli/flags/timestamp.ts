import { anyDuration, badValue, type ValueParser } from './values.ts';

/** A time as docker's `until` takes it, in milliseconds since 1970: how long ago (`24h`), RFC 3339 or a part of it, or seconds since 1970. */
export function timestamp(now: number): ValueParser<number> {
  return (text, flag) => {
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
    if (/^\d{4}-\d\d-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) {
      const [date = '', time = '00:00:00'] = text.split('T');
      const [, clock = '', zone = ''] = /^([^Z+-]*)(.*)$/.exec(time) ?? [];
      const whole = `${clock}:00:00`.split(':').slice(0, 3).join(':');
      const parsed = Date.parse(`${date}T${whole}${zone}`);
      if (Number.isFinite(parsed)) return parsed;
      throw badValue(text, flag, 'no such time');
    }
    return now - anyDuration(text, flag);
  };
}
