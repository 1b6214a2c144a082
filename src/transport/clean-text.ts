import { printable } from '#oci';

const DEFAULT_LIMIT = 200;

const ESC = '\u001b';
const BEL = '\u0007';
/** The 8-bit forms of `ESC [`, of the introducers of strings (DCS, SOS, OSC, PM, APC), and of what ends a string. */
const CSI = '\u009b';
const STRINGS = '\u0090\u0098\u009d\u009e\u009f';
const ST = '\u009c';

/** Colours and cursor moves; titles, links and other strings; and whatever else ESC begins. */
const ESCAPE_SEQUENCES = new RegExp(
  [
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]?`,
    `(?:${ESC}[\\]PX^_]|[${STRINGS}])[^${BEL}${ESC}${ST}]*(?:${BEL}|${ESC}\\\\|${ST})?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join('|'),
  'gu',
);

/**
 * Text from a server, fit for a message and a terminal: one line, no control characters, no escape sequences, at most `limit`
 * characters (200 by default; what is cut off is marked with an ellipsis).
 */
export function cleanText(text: string, limit: number = DEFAULT_LIMIT): string {
  const words = text.slice(0, limit * 8).replace(ESCAPE_SEQUENCES, '');
  const clean = printable(words, Number.POSITIVE_INFINITY).replace(/ {2,}/g, ' ').trim();
  if (clean.length <= limit && text.length <= limit * 8) return clean;
  const kept = clean.slice(0, limit - 1);
  // Half of a surrogate pair would not survive being printed.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
