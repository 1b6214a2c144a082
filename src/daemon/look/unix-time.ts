/** Seconds since 1970 of a time in RFC 3339; 0 for none, and for what is no time. */
export function unixSeconds(time: string | undefined): number {
  const nanoseconds = unixNanoseconds(time) ?? 0n;
  const seconds = nanoseconds / SECOND;
  return Number(nanoseconds < seconds * SECOND ? seconds - 1n : seconds);
}

/** The same in nanoseconds, which tell apart what a builder makes at once; undefined for none, and for what is no time. */
export function unixNanoseconds(time: string | undefined): bigint | undefined {
  const { head = '', fraction = '', zone = '' } = FORM.exec(time ?? '')?.groups ?? {};
  const milliseconds = Date.parse(`${head}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.slice(0, DIGITS).padEnd(DIGITS, '0'));
}

const SECOND = 1_000_000_000n;
/** Digits of nanoseconds in a second. */
const DIGITS = 9;
const FORM = /^(?<head>[^.]{1,40})(?:\.(?<fraction>\d+))?(?<zone>Z|[+-]\d\d:\d\d)$/i;
