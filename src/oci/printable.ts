/** What must not reach a terminal or a log line: control characters (escape sequences begin with one) and marks that reorder text. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+/gu;

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
