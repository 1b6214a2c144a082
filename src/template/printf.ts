import type { BoundedText, Budget } from './budget.ts';
import { writeValue } from './format-value.ts';
import { type Flags, noFlags } from './printf-flags.ts';
import { view } from './values.ts';

/** The greatest width and precision that Go takes. */
const MAX_WIDTH = 1_000_000;

/** Go's fmt.Sprintf. */
export function sprintf(format: string, args: readonly unknown[], budget: Budget): string {
  const printer = new Printer(format, args, budget.text());
  return printer.print();
}

/** Go's fmt.Sprint: a space between two operands of which none is a string. */
export function sprint(args: readonly unknown[], budget: Budget): string {
  const out = budget.text();
  args.forEach((arg, index) => {
    const isText = view(arg).kind === 'string';
    if (index > 0 && !isText && view(args[index - 1]).kind !== 'string') out.write(' ');
    writeValue(out, arg, 'v', noFlags());
  });
  return out.toString();
}

/** Go's fmt.Sprintln. */
export function sprintln(args: readonly unknown[], budget: Budget): string {
  const out = budget.text();
  args.forEach((arg, index) => {
    if (index > 0) out.write(' ');
    writeValue(out, arg, 'v', noFlags());
  });
  out.write('\n');
  return out.toString();
}

/** One run over a format. */
class Printer {
  readonly #format: string;
  readonly #args: readonly unknown[];
  readonly #out: BoundedText;
  #at = 0;
  #arg = 0;
  /** Whether `[n]` chose an argument anywhere: then it is no error when some are left over. */
  #isReordered = false;
  /** Whether the verb that is being read has a bad `[n]`. */
  #isBadIndex = false;
  #afterIndex = false;

  constructor(format: string, args: readonly unknown[], out: BoundedText) {
    this.#format = format;
    this.#args = args;
    this.#out = out;
  }

  print(): string {
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      const end = percent === -1 ? this.#format.length : percent;
      if (end > this.#at) this.#out.write(this.#format.slice(this.#at, end));
      this.#at = end + 1;
      if (percent !== -1) this.#printVerb();
    }
    if (!this.#isReordered && this.#arg < this.#args.length) this.#printExtra();
    return this.#out.toString();
  }

  #printVerb(): void {
    const flags = this.#readFlags();
    this.#isBadIndex = false;
    this.#afterIndex = false;
    this.#readIndex();
    this.#readWidth(flags);
    this.#readPrecision(flags);
    if (!this.#afterIndex) this.#readIndex();
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) return this.#out.write('%!(NOVERB)');
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    if (verb === '%') return this.#out.write('%');
    if (this.#isBadIndex) return this.#out.write(`%!${verb}(BADINDEX)`);
    if (this.#arg >= this.#args.length) return this.#out.write(`%!${verb}(MISSING)`);
    if (verb === 'v') {
      [flags.sharpV, flags.sharp] = [flags.sharp, false];
      [flags.plusV, flags.plus] = [flags.plus, false];
    }
    writeValue(this.#out, this.#args[this.#arg], verb, flags);
    this.#arg += 1;
  }

  #readFlags(): Flags {
    const flags = noFlags();
    for (; ; this.#at += 1) {
      const character = this.#format[this.#at];
      if (character === '-') flags.minus = true;
      else if (character === '+') flags.plus = true;
      else if (character === '#') flags.sharp = true;
      else if (character === ' ') flags.space = true;
      else if (character === '0') flags.zero = true;
      else return flags;
    }
  }

  /** `[n]`: the argument that comes next. */
  #readIndex(): void {
    if (this.#format[this.#at] !== '[') return;
    this.#isReordered = true;
    const close = this.#format.indexOf(']', this.#at);
    if (close === -1) {
      this.#isBadIndex = true;
      this.#at += 1;
      return;
    }
    const number = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d{1,7}$/.test(number) ? Number(number) - 1 : -1;
    this.#afterIndex = index >= 0 && index < this.#args.length;
    if (this.#afterIndex) this.#arg = index;
    else this.#isBadIndex = true;
  }

  #readWidth(flags: Flags): void {
    if (this.#format[this.#at] === '*') {
      this.#at += 1;
      const width = this.#numberArgument();
      if (width === undefined) this.#out.write('%!(BADWIDTH)');
      else if (width < 0) Object.assign(flags, { width: -width, minus: true, zero: false });
      else flags.width = width;
      this.#afterIndex = false;
      return;
    }
    const width = this.#readNumber();
    if (width === undefined) return;
    flags.width = width;
    // `%[3]2d` chooses an argument for the width that there is not
    if (this.#afterIndex) this.#isBadIndex = true;
  }

  #readPrecision(flags: Flags): void {
    if (this.#format[this.#at] !== '.') return;
    this.#at += 1;
    if (this.#afterIndex) this.#isBadIndex = true;
    this.#readIndex();
    if (this.#format[this.#at] !== '*') {
      flags.precision = this.#readNumber() ?? 0;
      return;
    }
    this.#at += 1;
    const precision = this.#numberArgument();
    if (precision === undefined) this.#out.write('%!(BADPREC)');
    else if (precision >= 0) flags.precision = precision;
    if (precision !== undefined && precision < 0) this.#out.write('%!(BADPREC)');
    this.#afterIndex = false;
  }

  /** A number that is longer than Go reads takes the rest of the format with it. */
  #readNumber(): number | undefined {
    const digits = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 400))?.[0];
    if (digits === undefined) return undefined;
    const isTooLong = Number(digits.slice(0, -1)) > MAX_WIDTH;
    this.#at = isTooLong ? this.#format.length : this.#at + digits.length;
    return isTooLong ? undefined : Number(digits);
  }

  #numberArgument(): number | undefined {
    const seen = view(this.#args[this.#arg]);
    if (this.#arg < this.#args.length) this.#arg += 1;
    if (seen.kind !== 'int' && seen.kind !== 'uint') return undefined;
    const number = Number(seen.value);
    return Math.abs(number) > MAX_WIDTH ? undefined : number;
  }

  #printExtra(): void {
    this.#out.write('%!(EXTRA ');
    this.#args.slice(this.#arg).forEach((arg, index) => {
      if (index > 0) this.#out.write(', ');
      const seen = view(arg ?? undefined);
      if (seen.kind !== 'invalid') this.#out.write(`${seen.type}=`);
      writeValue(this.#out, arg, 'v', noFlags());
    });
    this.#out.write(')');
  }
}
