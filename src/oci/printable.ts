/**
 * What must not reach a terminal or a log line: controls (escape sequences begin with one), line separators, half characters, marks that
 * reorder text, and what has no width: each could make a line look like another one.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b-\u200f\u2060-\u2069\ufeff]+/gu;

/** Text from outside, fit for one line of a message: unprintable characters become one space, and what is over `limit` an ellipsis. */
export function printable(text: string, limit = 120): string {
  const clean = text.slice(0, limit * 4).replace(UNPRINTABLE, ' ');
  const shown = Array.from(clean).slice(0, limit).join('');
  return shown.length < clean.length || text.length > limit * 4 ? `${shown}…` : shown;
}

/** The same in double quotes. */
export function quoted(text: string): string {
  return `"${printable(text)}"`;
}
