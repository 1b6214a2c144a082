import type { BoundedText } from './budget.ts';

/** What stands between `%` and the verb. */
export interface Flags {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%+v` and `%#v`: field names, Go syntax. */
  plusV: boolean;
  sharpV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function noFlags(): Flags {
  return {
    minus: false,
    plus: false,
    sharp: false,
    space: false,
    zero: false,
    plusV: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  };
}

/** Writes `text` as wide as the flags ask, in characters. */
export function writePadded(out: BoundedText, text: string, { width = 0, minus, zero }: Flags): void {
  const missing = width - Array.from(text.slice(0, width * 2)).length;
  if (missing <= 0) return out.write(text);
  out.reserve(text.length + missing);
  const padding = (zero && !minus ? '0' : ' ').repeat(missing);
  out.write(minus ? text + padding : padding + text);
}
