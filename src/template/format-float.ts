/** A number's decimal digits: 0.DIGITS times ten to the power of `point`. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * The absolute value of a float as Go's strconv writes it. `verb` is b, e, f, g or x; a precision below 0 asks for the fewest digits that tell
 * the number from all others. Ties round to even on the exact value.
 */
export function formatFloat(value: number, verb: string, precision: number): string {
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 'NaN';
  if (magnitude === Number.POSITIVE_INFINITY) return 'Inf';
  if (verb === 'x') return hexadecimal(magnitude, precision);
  if (verb === 'b') return binary(magnitude);
  const isShortest = precision < 0;
  const exact = isShortest ? shortest(magnitude) : exactly(magnitude);
  if (verb === 'e') return exponential(isShortest ? exact : round(exact, precision + 1), precision);
  if (verb === 'f') return plain(isShortest ? exact : round(exact, exact.point + precision), precision);
  const significant = Math.max(precision, 1);
  return general(isShortest ? exact : round(exact, significant), isShortest ? undefined : significant);
}

/** `precision` is undefined for the fewest digits. */
function general(decimal: Decimal, precision: number | undefined): string {
  const digits = decimal.digits.replace(/0+$/, '');
  const count = digits.length;
  const isExact = precision !== undefined && precision > count && count >= decimal.point;
  const threshold = isExact ? count : (precision ?? 6);
  const exponent = decimal.point - 1;
  if (digits !== '' && (exponent < -4 || exponent >= threshold)) {
    return exponential({ digits, point: decimal.point }, count - 1);
  }
  return plain({ digits, point: decimal.point }, Math.max(count - decimal.point, 0));
}

function exponential({ digits, point }: Decimal, precision: number): string {
  const places = precision < 0 ? Math.max(digits.length - 1, 0) : precision;
  const fraction = digits.slice(1).padEnd(places, '0').slice(0, places);
  const exponent = /^0*$/.test(digits) ? 0 : point - 1;
  const sign = exponent < 0 ? '-' : '+';
  return `${digits[0] ?? '0'}${places > 0 ? `.${fraction}` : ''}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function plain({ digits, point }: Decimal, precision: number): string {
  const places = precision < 0 ? Math.max(digits.length - point, 0) : precision;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const fraction = `${'0'.repeat(Math.min(Math.max(-point, 0), places))}${digits.slice(Math.max(point, 0))}`;
  return places > 0 ? `${whole}.${fraction.padEnd(places, '0').slice(0, places)}` : whole;
}

function shortest(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const digits = mantissa.replace('.', '');
  return digits === '0' ? { digits: '', point: 0 } : { digits, point: Number(exponent) + 1 };
}

function exactly(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return { digits, point: digits.length };
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits, point: digits.length + exponent };
}

/** `value` is `mantissa` times two to the power of `exponent`. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const all = bits.getBigUint64(0);
  const biased = Number((all >> 52n) & 0x7ffn);
  const fraction = all & 0xf_ffff_ffff_ffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** The first `count` digits, rounded half to even; `count` may be 0 or below. */
function round({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: '', point };
  const rest = digits.slice(count);
  const kept = digits.slice(0, count);
  const isTie = /^50*$/.test(rest);
  const isOdd = Number(kept.at(-1) ?? '0') % 2 === 1;
  if (rest < '5' || (isTie && !isOdd)) return { digits: kept, point };
  const up = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0');
  return { digits: up, point: point + (up.length - count) };
}

function hexadecimal(value: number, precision: number): string {
  if (value === 0) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`;
  let { mantissa, exponent } = parts(value);
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent -= 1;
  }
  if (precision >= 0 && precision < 13) {
    const dropped = BigInt(52 - 4 * precision);
    const unit = 1n << dropped;
    const rest = mantissa & (unit - 1n);
    mantissa >>= dropped;
    if (rest * 2n > unit || (rest * 2n === unit && mantissa % 2n === 1n)) mantissa += 1n;
    mantissa <<= dropped;
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      exponent += 1;
    }
  }
  const all = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  const fraction = precision < 0 ? all.replace(/0+$/, '') : all.padEnd(precision, '0').slice(0, precision);
  const power = exponent + 52;
  const sign = power < 0 ? '-' : '+';
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

function binary(value: number): string {
  const { mantissa, exponent } = parts(value);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** What `formatFloat` gave, with a decimal point in any case, and zeros behind it up to that many significant digits. */
export function withPoint(text: string, significant: number): string {
  const [, lead = '', digits = '', tail = ''] = /^(0x)?([\da-f.]*?)((?:p|e[+-]).*)?$/.exec(text) ?? [];
  // Go takes the x for a digit
  const counted = lead === '' ? digits.replace(/^[0.]*/, '') : `x${digits}`;
  const count = counted.replace('.', '').length;
  const missing = significant - (digits === '0' && lead === '' ? 1 : count);
  return `${lead}${digits}${digits.includes('.') ? '' : '.'}${'0'.repeat(Math.max(missing, 0))}${tail}`;
}
