const DEFAULT_LIMIT = 200;

/** ESC or the 8-bit CSI/OSC/DCS introducers with what belongs to them: colours, cursor moves, titles, links. */
const ESCAPE_SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/gu;

/** Controls, line separators and what turns the direction of writing: each could make a line look like another one. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;

/**
 * Text from a server, fit for a message and a terminal: one line, no control characters, no escape sequences, at most `limit`
 * characters (200 by default; what is cut off is marked with an ellipsis).
 */
export function cleanText(text: string, limit: number = DEFAULT_LIMIT): string {
  const clean = text
    .slice(0, limit * 8)
    .replace(ESCAPE_SEQUENCES, '')
    .replace(UNSEEN, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (clean.length <= limit && text.length <= limit * 8) return clean;
  const kept = clean.slice(0, limit - 1);
  // Half of a surrogate pair would not survive being printed.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
