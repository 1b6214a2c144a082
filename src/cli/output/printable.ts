import { printable } from '#oci';

/** `text` as one line that is safe to print, whoever wrote it: control characters and marks that reorder text are gone. */
export function oneLine(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY);
}

/** Text of several lines, made safe like `oneLine`; its line ends stay, and no line after the first starts at the margin. */
export function manyLines(text: string): string {
  return text.split(/\r?\n/).map(oneLine).join('\n  ');
}

/** What a terminal may take as a command, and marks that reorder text. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** JSON in several lines, for people and programs; safe to print, since every unsafe character is written as `\uXXXX`. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE, (character) =>
    character === '\n' ? character : escaped(character),
  );
}

/** JSON in one line, safe to print. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escaped);
}

/** JSON in one line as Go's encoder writes it, which is how docker prints: `<`, `>` and `&` are escaped too. */
export function goJson(value: unknown): string {
  return jsonLine(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

/** JSON in several lines as docker's `inspect` prints it. */
export function goJsonLines(value: unknown): string {
  return JSON.stringify(value, null, 4)
    .replace(UNSAFE, (character) => (character === '\n' ? character : escaped(character)))
    .replace(/[<>&\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
