/** A value whose Go type its JavaScript form does not tell: `1` as a float64, an array as a []string, a nil pointer. */
export class Typed {
  readonly type: string;
  readonly value: unknown;

  constructor(type: string, value: unknown) {
    this.type = type;
    this.value = value;
  }
}

export interface StructOptions {
  /** What the `json` function prints for it, as a MarshalJSON of its own; without it an object with all fields. */
  readonly json?: string;
  /** Whether its fields are methods without parameters, as in docker's listings: errors word that in another way. */
  readonly hasMethods?: boolean;
}

/** A Go struct: a field that it has not got is an error, its fields keep their order. */
export class Struct {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly options: StructOptions;

  constructor(type: string, fields: Readonly<Record<string, unknown>>, options: StructOptions) {
    this.type = type;
    this.fields = fields;
    this.options = options;
  }
}

/**
 * `value` as the Go type `type`: a number type, `string`, `bool`, `[]ELEMENT`, `map[string]ELEMENT`, or `*NAME` with null for a nil pointer.
 * Elements follow: in a `[]float64` all numbers are floats.
 */
export function typed(type: string, value: unknown): Typed {
  return new Typed(type, value);
}

/** A float64; without it a number without fraction is an int. */
export function float(value: number): Typed {
  return new Typed('float64', value);
}

/**
 * A struct of the Go type `type`, as error messages name it (`*formatter.imageContext`), with its fields in their order.
 */
export function struct(type: string, fields: Readonly<Record<string, unknown>>, options: StructOptions = {}): Struct {
  return new Struct(type, fields, options);
}

export const ANY = 'interface {}';

/** What Go sees in a value. `invalid` is a value that is not there (undefined), `nil` an interface that holds nothing (null). */
export type View =
  | { readonly kind: 'invalid' | 'nil'; readonly type: string }
  | { readonly kind: 'bool'; readonly type: string; readonly value: boolean }
  | { readonly kind: 'int' | 'uint'; readonly type: string; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly type: string; readonly value: number }
  | { readonly kind: 'string'; readonly type: string; readonly value: string }
  | SliceView
  | MapView
  | { readonly kind: 'struct'; readonly type: string; readonly struct: Struct }
  | { readonly kind: 'pointer'; readonly type: string };

export interface SliceView {
  readonly kind: 'slice';
  readonly type: string;
  /** The type of the elements. */
  readonly element: string;
  readonly items: readonly unknown[];
  readonly isNil: boolean;
}

export interface MapView {
  readonly kind: 'map';
  readonly type: string;
  readonly element: string;
  readonly entries: Readonly<Record<string, unknown>>;
  readonly isNil: boolean;
}

export function view(value: unknown): View {
  if (value === undefined) return { kind: 'invalid', type: '<nil>' };
  if (value === null) return { kind: 'nil', type: ANY };
  if (typeof value === 'string') return { kind: 'string', type: 'string', value };
  if (typeof value === 'boolean') return { kind: 'bool', type: 'bool', value };
  if (typeof value === 'bigint') return { kind: 'int', type: 'int', value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { kind: 'int', type: 'int', value } : { kind: 'float', type: 'float64', value };
  }
  if (value instanceof Typed) return typedView(value);
  if (value instanceof Struct) return { kind: 'struct', type: value.type, struct: value };
  if (Array.isArray(value)) return slice(`[]${ANY}`, value);
  if (isObject(value)) return map(`map[string]${ANY}`, value);
  return { kind: 'string', type: 'string', value: typeof value };
}

function typedView({ type, value }: Typed): View {
  if (type.startsWith('[]')) return slice(type, Array.isArray(value) ? value : undefined);
  if (type.startsWith('map[')) return map(type, isObject(value) ? value : undefined);
  if (type.startsWith('*')) return { kind: 'pointer', type };
  if (/^float(32|64)$/.test(type)) return { kind: 'float', type, value: Number(value) };
  if (/^(u?)int(8|16|32|64)?$/.test(type) && (typeof value === 'number' || typeof value === 'bigint')) {
    return { kind: type.startsWith('u') ? 'uint' : 'int', type, value };
  }
  return { ...view(value), type };
}

function slice(type: string, items: readonly unknown[] | undefined): SliceView {
  return { kind: 'slice', type, element: type.slice(2), items: items ?? [], isNil: items === undefined };
}

function map(type: string, entries: Readonly<Record<string, unknown>> | undefined): MapView {
  const element = type.slice(type.indexOf(']') + 1);
  return { kind: 'map', type, element, entries: entries ?? {}, isNil: entries === undefined };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** An element as its container holds it. */
export function elementAs(value: unknown, type: string): unknown {
  if (type === ANY) return value ?? null;
  if (value instanceof Typed || value instanceof Struct) return value;
  if (value === undefined || value === null) return zeroOf(type);
  return view(value).type === type ? value : new Typed(type, value);
}

/** What Go has where nothing was put: null for an interface. */
export function zeroOf(type: string): unknown {
  if (type === ANY) return null;
  if (type === 'string') return '';
  if (type === 'bool') return false;
  return new Typed(type, /^u?int|^float/.test(type) ? 0 : null);
}

/** The entries of a map in the order in which Go goes over them. */
export function sortedEntries({ entries, element }: MapView): readonly (readonly [string, unknown])[] {
  return Object.keys(entries)
    .toSorted(compareText)
    .map((key) => [key, elementAs(entries[key], element)]);
}

/** Go's order of strings, which is that of their code points. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return (isSurrogate(x) ? x + 0x10_000 : x) - (isSurrogate(y) ? y + 0x10_000 : y);
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdf_ff;
}

/** Whether `if` takes it for true. */
export function isTrue(value: unknown): boolean {
  const seen = view(value);
  switch (seen.kind) {
    case 'invalid':
    case 'nil':
    case 'pointer':
      return false;
    case 'bool':
      return seen.value;
    case 'int':
    case 'uint':
    case 'float':
      // not `!== 0`: a bigint is no number
      return Boolean(seen.value) || Number.isNaN(seen.value);
    case 'string':
      return seen.value !== '';
    case 'slice':
      return seen.items.length > 0;
    case 'map':
      return Object.keys(seen.entries).length > 0;
    case 'struct':
      return true;
  }
}
