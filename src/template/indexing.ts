import { byteAt, byteLength, sliceBytes } from './bytes-of-text.ts';
import { FunctionFailure } from './failure.ts';
import { elementAs, type MapView, typed, type View, view, zeroOf } from './values.ts';

/** Go's `len`: bytes of a string, elements of a slice or map. */
export function lengthOf(value: unknown): number {
  const seen = view(value);
  switch (seen.kind) {
    case 'string':
      return byteLength(seen.value);
    case 'slice':
      return seen.items.length;
    case 'map':
      return Object.keys(seen.entries).length;
    case 'nil':
    case 'pointer':
      throw new FunctionFailure('len of nil pointer');
    case 'invalid':
      throw new FunctionFailure('reflect: call of reflect.Value.Type on zero Value');
    default:
      throw new FunctionFailure(`len of type ${pointed(seen)}`);
  }
}

/** Go's `index`: `index x 1 "a"` is `x[1]["a"]`. */
export function indexInto(value: unknown, indexes: readonly unknown[]): unknown {
  let item: unknown = value ?? undefined;
  if (item === undefined) throw new FunctionFailure('index of untyped nil');
  for (const index of indexes) item = indexOnce(item, index ?? undefined);
  return item;
}

function indexOnce(item: unknown, index: unknown): unknown {
  const seen = view(item);
  switch (seen.kind) {
    case 'slice': {
      const position = offsetOf(index, seen.items.length);
      if (position === seen.items.length) throw new FunctionFailure('reflect: slice index out of range');
      return elementAs(seen.items[position], seen.element);
    }
    case 'string': {
      const length = byteLength(seen.value);
      const position = offsetOf(index, length);
      if (position === length) throw new FunctionFailure('reflect: string index out of range');
      return typed('uint8', byteAt(seen.value, position));
    }
    case 'map':
      return entry(seen, index);
    case 'nil':
    case 'pointer':
      throw new FunctionFailure('index of nil pointer');
    default:
      throw new FunctionFailure(`can't index item of type ${pointed(seen)}`);
  }
}

function entry({ entries, element }: MapView, index: unknown): unknown {
  const key = view(index);
  if (key.kind === 'invalid') throw new FunctionFailure('value is nil; should be of type string');
  if (key.kind !== 'string') throw new FunctionFailure(`value has type ${key.type}; should be string`);
  return Object.hasOwn(entries, key.value) ? elementAs(entries[key.value], element) : zeroOf(element);
}

/** Go's `slice`: `slice x 1 2` is `x[1:2]`. */
export function sliceOf(value: unknown, indexes: readonly unknown[]): unknown {
  const seen = view(value ?? undefined);
  if (seen.kind === 'invalid') throw new FunctionFailure('slice of untyped nil');
  if (seen.kind === 'pointer') throw new FunctionFailure('slice of nil pointer');
  if (indexes.length > 3) throw new FunctionFailure(`too many slice indexes: ${indexes.length}`);
  const length = sliceLength(seen, indexes.length);
  const [start = 0, end = length, capacity] = indexes.map((index) => offsetOf(index ?? undefined, length));
  if (start > end) throw new FunctionFailure(`invalid slice index: ${start} > ${end}`);
  if (capacity !== undefined && end > capacity) {
    throw new FunctionFailure(`invalid slice index: ${end} > ${capacity}`);
  }
  return seen.kind === 'slice'
    ? typed(seen.type, seen.items.slice(start, end))
    : sliceBytes(seen.kind === 'string' ? seen.value : '', start, end);
}

function sliceLength(seen: View, indexes: number): number {
  if (seen.kind === 'slice') return seen.items.length;
  if (seen.kind !== 'string') throw new FunctionFailure(`can't slice item of type ${pointed(seen)}`);
  if (indexes === 3) throw new FunctionFailure('cannot 3-index slice a string');
  return byteLength(seen.value);
}

/** An index as a number from 0 to `length`; Go lets the length itself through here. */
function offsetOf(index: unknown, length: number): number {
  const seen = view(index);
  if (seen.kind === 'invalid') throw new FunctionFailure('cannot index slice/array with nil');
  if (seen.kind !== 'int' && seen.kind !== 'uint') {
    throw new FunctionFailure(`cannot index slice/array with type ${seen.type}`);
  }
  if (seen.value < 0 || seen.value > length) throw new FunctionFailure(`index out of range: ${seen.value}`);
  return Number(seen.value);
}

/** The type of a value, or of what it points to. */
function pointed({ type }: View): string {
  return type.replace(/^\*/, '');
}
