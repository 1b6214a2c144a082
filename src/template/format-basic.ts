import type { BoundedText } from './budget.ts';
import { bytesOf } from './bytes-of-text.ts';
import { formatFloat, withPoint } from './format-float.ts';
import { type Flags, writePadded } from './printf-flags.ts';
import { characterOf, quote, quoteCharacter, unicodeName } from './quote.ts';
import type { View } from './values.ts';

const BASES: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** Writes a bool, number or string by a verb; false where the verb is not for it. */
export function writeBasic(
  out: BoundedText,
  seen: Extract<View, { readonly value: unknown }>,
  verb: string,
  flags: Flags,
): boolean {
  switch (seen.kind) {
    case 'bool':
      if (verb !== 't' && verb !== 'v') return false;
      writePadded(out, String(seen.value), flags);
      return true;
    case 'int':
      return writeInteger(out, BigInt(seen.value), verb, flags);
    case 'uint':
      // in Go syntax unsigned numbers are hexadecimal
      if (verb === 'v' && flags.sharpV) return writeInteger(out, BigInt(seen.value), 'x', { ...flags, sharp: true });
      return writeInteger(out, BigInt(seen.value), verb, flags);
    case 'float':
      return writeFloat(out, seen.value, verb, flags);
    case 'string':
      return writeText(out, seen.value, verb, flags);
  }
}

function writeInteger(out: BoundedText, value: bigint, verb: string, flags: Flags): boolean {
  const base = BASES[verb];
  if (base === undefined) return writeCharacter(out, value, verb, flags);
  const { precision, width, zero, minus, plus, space } = flags;
  if (precision === 0 && value === 0n) {
    writePadded(out, '', { ...flags, zero: false });
    return true;
  }
  const sign = value < 0n ? '-' : plus ? '+' : space ? ' ' : '';
  const wide = zero && !minus && width !== undefined ? width - sign.length : 0;
  const count = precision ?? wide;
  out.reserve(count);
  const digits = (value < 0n ? -value : value).toString(base).padStart(count, '0');
  writePadded(out, `${sign}${prefix(verb, digits, flags)}${verb === 'X' ? digits.toUpperCase() : digits}`, {
    ...flags,
    zero: false,
  });
  return true;
}

function prefix(verb: string, digits: string, { sharp }: Flags): string {
  const zero = sharp && !digits.startsWith('0') ? '0' : '';
  if (verb === 'O') return `0o${zero}`;
  if (verb === 'o') return zero;
  if (!sharp) return '';
  return { b: '0b', x: '0x', X: '0X' }[verb] ?? '';
}

function writeCharacter(out: BoundedText, value: bigint, verb: string, flags: Flags): boolean {
  const code = value < 0n || value > 0x10_ff_ffn ? 0xff_fd : Number(value);
  if (verb === 'c') writePadded(out, characterOf(code), flags);
  else if (verb === 'q') writePadded(out, quoteCharacter(code, flags.plus), flags);
  else if (verb === 'U') writeUnicode(out, value, flags);
  else return false;
  return true;
}

/** A number that is no character is shown as what it is in 64 bits. */
function writeUnicode(out: BoundedText, value: bigint, flags: Flags): void {
  const digits = Math.max(flags.precision ?? 4, 4);
  out.reserve(digits);
  writePadded(out, unicodeName(BigInt.asUintN(64, value), flags.sharp, digits), { ...flags, zero: false });
}

function writeFloat(out: BoundedText, value: number, verb: string, flags: Flags): boolean {
  const lower = verb === 'v' ? 'g' : verb.toLowerCase();
  if (!/^[bvgGeEfFxX]$/.test(verb)) return false;
  const byDefault = lower === 'e' || lower === 'f' ? 6 : -1;
  const precision = flags.precision ?? byDefault;
  out.reserve(Math.max(precision, 0));
  const plain = formatFloat(value, lower, precision);
  const significant = verb === 'X' || lower === 'e' || lower === 'f' ? 0 : (flags.precision ?? 6);
  const digits = flags.sharp && lower !== 'b' && Number.isFinite(value) ? withPoint(plain, significant) : plain;
  const isNegative = value < 0 || Object.is(value, -0);
  const isSpecial = !Number.isFinite(value);
  const sign = isNegative ? '-' : flags.plus || digits === 'Inf' ? '+' : flags.space ? ' ' : '';
  const text = /^[GEX]$/.test(verb) ? digits.toUpperCase() : digits;
  if (!flags.zero || flags.minus || isSpecial || sign === '') {
    const shown = digits === 'Inf' && flags.space && !flags.plus && !isNegative ? ' Inf' : sign + text;
    writePadded(out, shown, { ...flags, zero: flags.zero && !isSpecial });
    return true;
  }
  out.write(sign);
  writePadded(out, text, { ...flags, width: (flags.width ?? 0) - 1 });
  return true;
}

function writeText(out: BoundedText, value: string, verb: string, flags: Flags): boolean {
  const text = verb === 'x' || verb === 'X' ? value : shortened(value, flags.precision);
  if (verb === 'q' || (verb === 'v' && flags.sharpV)) {
    const isRaw = flags.sharp && canBeRaw(text);
    writePadded(out, isRaw ? `\`${text}\`` : quote(text, flags.plus), flags);
  } else if (verb === 'v' || verb === 's') writePadded(out, text, flags);
  else if (verb === 'x' || verb === 'X') writePadded(out, hexadecimal(value, verb, flags), flags);
  else return false;
  return true;
}

/** The first `precision` characters. */
function shortened(text: string, precision: number | undefined): string {
  if (precision === undefined) return text;
  return Array.from(text.slice(0, precision * 2))
    .slice(0, precision)
    .join('');
}

function canBeRaw(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- what cannot stand between back quotes
  return !/[\u0000-\u0008\u000a-\u001f`\u007f\ufeff]/.test(text);
}

function hexadecimal(text: string, verb: string, { precision, sharp, space }: Flags): string {
  const bytes = Array.from(bytesOf(text).subarray(0, precision));
  if (bytes.length === 0) return '';
  const lead = sharp ? '0x' : '';
  const pairs = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  const shown = space ? pairs.map((pair) => lead + pair).join(' ') : lead + pairs.join('');
  return verb === 'X' ? shown.toUpperCase() : shown;
}
