import type { BoundedText, Budget } from './budget.ts';
import { LimitFailure } from './failure.ts';
import { writeBasic } from './format-basic.ts';
import { type Flags, noFlags, writePadded } from './printf-flags.ts';
import { ANY, elementAs, sortedEntries, type View, view } from './values.ts';

/** How deep values may lie in each other: what contains itself has no end. */
const MAX_DEPTH = 200;

/** Writes a value by one verb of fmt, as Go does; what the verb is not for comes out as `%!d(string=x)`. */
export function writeValue(out: BoundedText, value: unknown, verb: string, flags: Flags): void {
  const { kind, type } = view(value ?? undefined);
  if (verb === 'T' && kind === 'invalid') return writePadded(out, type, flags);
  if (verb === 'T') return void writeBasic(out, { kind: 'string', type: 'string', value: type }, 's', flags);
  write(out, value, { verb, flags, depth: 0 });
}

/** A value as a bare verb shows it. */
export function formatPlain(value: unknown, budget: Budget, verb: 'v' | 's' = 'v'): string {
  const out = budget.text();
  writeValue(out, value, verb, noFlags());
  return out.toString();
}

interface Format {
  readonly verb: string;
  readonly flags: Flags;
  readonly depth: number;
}

function write(out: BoundedText, value: unknown, format: Format): void {
  const seen = view(value);
  const { verb, flags, depth } = format;
  if (depth > MAX_DEPTH) throw new LimitFailure(`values are more than ${MAX_DEPTH} deep`);
  switch (seen.kind) {
    case 'invalid':
    case 'nil':
      if (depth > 0) return out.write(flags.sharpV ? `${ANY}(nil)` : '<nil>');
      return verb === 'v' ? writePadded(out, '<nil>', flags) : out.write(`%!${verb}(<nil>)`);
    case 'pointer':
      if (verb !== 'v') return writeBad(out, '<nil>', seen, verb);
      return flags.sharpV ? out.write(`(${seen.type})(nil)`) : writePadded(out, '<nil>', flags);
    case 'slice':
    case 'map':
    case 'struct':
      return writeComposite(out, seen, format);
    default:
      if (writeBasic(out, seen, verb, flags)) return;
      out.write(`%!${verb}(${seen.type}=`);
      writeBasic(out, seen, 'v', flags);
      out.write(')');
  }
}

function writeBad(out: BoundedText, text: string, { type }: View, verb: string): void {
  out.write(`%!${verb}(${type}=${text})`);
}

function writeComposite(
  out: BoundedText,
  seen: Extract<View, { readonly kind: 'slice' | 'map' | 'struct' }>,
  format: Format,
): void {
  const { sharpV } = format.flags;
  if (sharpV && seen.kind !== 'struct' && seen.isNil) return out.write(`${seen.type}(nil)`);
  const [open, close] = sharpV ? [`${seen.type}{`, '}'] : (BRACKETS[seen.kind] ?? ['', '']);
  const inner = { ...format, depth: format.depth + 1 };
  out.write(open);
  members(seen).forEach(([name, value], index) => {
    if (index > 0) out.write(sharpV ? ', ' : ' ');
    if (seen.kind === 'map') write(out, name, inner);
    else if (seen.kind === 'struct' && (sharpV || format.flags.plusV)) out.write(String(name));
    if (seen.kind === 'map' || (seen.kind === 'struct' && (sharpV || format.flags.plusV))) out.write(':');
    write(out, value, inner);
  });
  out.write(close);
}

const BRACKETS: Readonly<Record<string, readonly [string, string]>> = {
  slice: ['[', ']'],
  map: ['map[', ']'],
  struct: ['{', '}'],
};

function members(
  seen: Extract<View, { readonly kind: 'slice' | 'map' | 'struct' }>,
): readonly (readonly [unknown, unknown])[] {
  if (seen.kind === 'slice') return seen.items.map((item, index) => [index, elementAs(item, seen.element)]);
  return seen.kind === 'map' ? sortedEntries(seen) : Object.entries(seen.struct.fields);
}
