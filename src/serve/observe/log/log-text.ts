/** What a line can be made of without a second look. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** What JSON lets through and a terminal, or whoever splits lines, does not: C1 controls, other line ends, marks that reorder or hide text. */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u200b-\u200f\u2060-\u206f\ufeff]/gu;
/** The same, and what Apache escapes. */
const UNQUOTABLE = /["\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u200b-\u200f\u2060-\u206f\ufeff]/gu;

/** Text from anywhere as a JSON string on one line of what can be printed; what is over `limit` becomes an ellipsis. */
export function jsonText(text: string, limit: number): string {
  const kept = text.length > limit ? `${text.slice(0, limit)}…` : text;
  if (PLAIN.test(kept)) return `"${kept}"`;
  return JSON.stringify(kept).replace(HIDDEN, (mark) => `\\u${hex(mark, 4)}`);
}

/** Text from anywhere for between the quotes of a line as Apache writes it: `\"`, `\\`, `\xhh`, above that `\uhhhh`. */
export function apacheText(text: string, limit: number): string {
  const kept = text.length > limit ? `${text.slice(0, limit)}…` : text;
  if (PLAIN.test(kept)) return kept;
  return kept.replace(UNQUOTABLE, (mark) => {
    if (mark === '"' || mark === '\\') return `\\${mark}`;
    return mark.charCodeAt(0) < 0x100 ? `\\x${hex(mark, 2)}` : `\\u${hex(mark, 4)}`;
  });
}

function hex(mark: string, digits: number): string {
  return mark.charCodeAt(0).toString(16).padStart(digits, '0');
}
