import { quote } from './quote.ts';
import { unquoteCharacter } from './unquote.ts';

/** A number as written, and as what it may be used. */
export interface NumberLiteral {
  readonly text: string;
  readonly int: bigint | undefined;
  /** Whether it may be an unsigned integer. */
  readonly isUint: boolean;
  readonly float: number | undefined;
}

const MAX_INT = 2n ** 63n;
const MAX_UINT = 2n ** 64n;
const FLOAT = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([\da-fA-F_]*)(?:\.([\da-fA-F_]*))?[pP]([+-]?\d+)$/;

/** Reads a number or character as Go reads its constants. What it is not is said by a message, as Go words it. */
export function parseNumber(text: string): NumberLiteral | string {
  if (text.startsWith("'")) {
    const code = unquoteCharacter(text);
    if (typeof code === 'string') return code;
    return { text, int: BigInt(code), isUint: true, float: code };
  }
  const whole = parseInteger(text);
  if (whole !== undefined && whole < MAX_UINT && whole >= -MAX_INT) {
    const isUint = whole >= 0n && !text.startsWith('+');
    const int = whole < MAX_INT ? whole : undefined;
    if (int !== undefined || isUint) return { text, int, isUint, float: Number(whole) };
  }
  const float = parseFloat(text);
  if (float === undefined) return `illegal number syntax: ${quote(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quote(text)}`;
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { text, int: isWhole ? BigInt(float) : undefined, isUint: isWhole && float >= 0, float };
}

/** Go's ideal constant: floats are told by their syntax. */
export function isFloatSyntax({ text }: NumberLiteral): boolean {
  const isHexInteger = /^0[xX]/.test(text) && !/[pP]/.test(text);
  return !isHexInteger && !text.startsWith("'") && /[.eEpP]/.test(text);
}

function parseInteger(text: string): bigint | undefined {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const digits = text.slice(sign.length);
  if (digits.includes('_') && !hasGoodUnderscores(digits)) return undefined;
  const plain = digits.replaceAll('_', '');
  if (!/^(?:0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.test(plain)) return undefined;
  const octal = /^0[oO]?(?<rest>[0-7]+)$/.exec(plain)?.groups?.['rest'];
  const value = BigInt(octal === undefined ? plain : `0o${octal}`);
  return sign === '-' ? -value : value;
}

function parseFloat(text: string): number | undefined {
  if (text.includes('_') && !hasGoodUnderscores(text.replace(/^[+-]/, ''))) return undefined;
  const plain = text.replaceAll('_', '');
  const value = FLOAT.test(plain) ? Number(plain) : parseHexFloat(plain);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function parseHexFloat(text: string): number | undefined {
  const [, sign, whole = '', fraction = '', exponent] = HEX_FLOAT.exec(text) ?? [];
  if (exponent === undefined || whole + fraction === '') return undefined;
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  return (sign === '-' ? -1 : 1) * mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
}

/** Underscores stand between digits, or after the prefix of the base. */
function hasGoodUnderscores(digits: string): boolean {
  const body = digits.replace(/^0[xXbBoO]/, '0');
  return !/__|_$|^_|_[^\da-fA-F]|[^\da-fA-F]_/.test(body);
}
