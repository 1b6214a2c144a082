const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** What Go prints as it is: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintable(character: string): boolean {
  return /^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

/** A Go string literal, in double quotes; `ascii` escapes all others. */
export function quote(text: string, ascii = false): string {
  return `"${Array.from(text, (character) => escape(character, '"', ascii)).join('')}"`;
}

/** A Go character literal. */
export function quoteCharacter(code: number, ascii = false): string {
  return `'${escape(characterOf(code), "'", ascii)}'`;
}

/** The character of a code point; U+FFFD where there is none. */
export function characterOf(code: number): string {
  const isOne = Number.isInteger(code) && code >= 0 && code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff);
  return isOne ? String.fromCodePoint(code) : '\ufffd';
}

/** `U+0041`; with `named` followed by the character in quotes. */
export function unicodeName(code: number | bigint, named: boolean, digits = 4): string {
  const number = code.toString(16).toUpperCase().padStart(digits, '0');
  const character = characterOf(Number(code));
  const shown = named && code >= 0 && code <= 0x10_ff_ff && isPrintable(character) ? ` '${character}'` : '';
  return `U+${number}${shown}`;
}

function escape(character: string, delimiter: string, ascii: boolean): string {
  if (character === delimiter) return `\\${character}`;
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (isPrintable(character) && (!ascii || code < 0x80)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xff_ff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
