import { bytesOf, textOf } from './bytes-of-text.ts';

const ESCAPE =
  /\\(?:(?<short>[abfnrtv\\'"])|x(?<byte>[\da-fA-F]{2})|(?<octal>[0-7]{3})|u(?<four>[\da-fA-F]{4})|U(?<eight>[\da-fA-F]{8}))/y;
const SHORT: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text of a string literal with its quotes (double or back), or undefined where Go would not take it. */
export function unquote(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner.replaceAll('\r', '');
  return unescape(inner, '"');
}

/** The code point of a character literal with its quotes, or what is wrong with it, as Go words it. */
export function unquoteCharacter(literal: string): number | string {
  const first = unescapeFirst(literal.slice(1, -1), 0, "'");
  if (first === undefined) return 'invalid syntax';
  return first.length === literal.length - 2 ? first.code : `malformed character constant: ${literal}`;
}

/** A character as it stands in a literal: `length` units there, its bytes of UTF-8, its code point. */
interface Piece {
  readonly length: number;
  readonly bytes: Iterable<number>;
  readonly code: number;
}

function unescape(inner: string, delimiter: string): string | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < inner.length; ) {
    const piece = unescapeFirst(inner, at, delimiter);
    if (piece === undefined) return undefined;
    bytes.push(...piece.bytes);
    at += piece.length;
  }
  return textOf(Uint8Array.from(bytes));
}

function unescapeFirst(inner: string, at: number, delimiter: string): Piece | undefined {
  const code = inner.codePointAt(at);
  if (code === undefined) return undefined;
  const plain = String.fromCodePoint(code);
  if (plain === '\n' || plain === delimiter) return undefined;
  if (plain !== '\\') return { length: plain.length, bytes: bytesOf(plain), code };
  ESCAPE.lastIndex = at;
  const match = ESCAPE.exec(inner);
  const piece = unescapeOne(match?.groups ?? {}, delimiter);
  return match === null || piece === undefined ? undefined : { ...piece, length: match[0].length };
}

function unescapeOne(
  groups: Readonly<Record<string, string | undefined>>,
  delimiter: string,
): Omit<Piece, 'length'> | undefined {
  const { short, byte, octal, four, eight } = groups;
  if (short !== undefined) {
    // the other kind of quote needs no escape, and may have none
    if ((short === "'" || short === '"') && short !== delimiter) return undefined;
    const text = SHORT[short] ?? short;
    return { bytes: bytesOf(text), code: text.charCodeAt(0) };
  }
  const raw = byte === undefined ? octal : byte;
  if (raw !== undefined) {
    const code = Number.parseInt(raw, byte === undefined ? 8 : 16);
    return code > 0xff ? undefined : { bytes: [code], code };
  }
  const code = Number.parseInt(four ?? eight ?? '', 16);
  if (!(code <= 0x10_ff_ff) || (code >= 0xd8_00 && code <= 0xdf_ff)) return undefined;
  return { bytes: bytesOf(String.fromCodePoint(code)), code };
}
