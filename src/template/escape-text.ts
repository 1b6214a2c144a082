import { bytesOf, textOf } from './bytes-of-text.ts';
import { isPrintable } from './quote.ts';

const HTML: Readonly<Record<string, string>> = {
  '\u0000': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

/** Go's `html`. */
export function escapeHtml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL is what HTML cannot hold
  return text.replaceAll(/[\u0000"'&<>]/g, (character) => HTML[character] ?? character);
}

/** Go's `js`. */
export function escapeScript(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are escaped
  return text.replaceAll(/[\u0000-\u001f\\'"<>&=]|[^\u0000-\u007f]/gu, (character) => {
    if ('\\\'"'.includes(character)) return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0x80 && isPrintable(character)) return character;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Go's `urlquery`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(textOf(bytesOf(text)))
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
