import type { Budget } from './budget.ts';
import { FunctionFailure } from './failure.ts';
import { formatPlain } from './format-value.ts';
import { compareText, type View, view } from './values.ts';

type Basic = Extract<View, { readonly value: unknown }>;

const BASIC: ReadonlySet<string> = new Set(['bool', 'int', 'uint', 'float', 'string']);

/** Go's `eq`: whether the first argument is one of the others. Integers of both signs compare, other kinds do not mix. */
export function equalsAny(first: unknown, others: readonly unknown[], budget: Budget): boolean {
  if (others.length === 0) throw new FunctionFailure('missing argument for comparison');
  return others.some((other) => equals(first, other, budget));
}

function equals(first: unknown, second: unknown, budget: Budget): boolean {
  const [a, b] = [present(first), present(second)];
  if (isBasic(a) && isBasic(b) && family(a) === family(b)) return sameBasic(a, b);
  if (isBasic(a) || isBasic(b)) {
    if (a.kind === 'invalid' || b.kind === 'invalid') return false;
    throw new FunctionFailure(`incompatible types for comparison: ${a.type} and ${b.type}`);
  }
  if (a.kind !== b.kind && a.kind !== 'invalid' && b.kind !== 'invalid') {
    const [one, other] = [formatPlain(first, budget, 's'), formatPlain(second, budget)];
    throw new FunctionFailure(`non-comparable types ${one}: ${a.type}, ${b.type}: ${other}`);
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (b.kind === 'slice' || b.kind === 'map') {
    throw new FunctionFailure(`non-comparable type ${formatPlain(second, budget, 's')}: ${b.type}`);
  }
  return first === second;
}

/** Go's `lt`. */
export function isLess(first: unknown, second: unknown): boolean {
  const [a, b] = [present(first), present(second)];
  if (!isBasic(a) || !isBasic(b)) throw new FunctionFailure('invalid type for comparison');
  if (family(a) !== family(b)) {
    throw new FunctionFailure(`incompatible types for comparison: ${a.type} and ${b.type}`);
  }
  if (a.kind === 'bool' || b.kind === 'bool') throw new FunctionFailure('invalid type for comparison');
  if (a.kind === 'string' || b.kind === 'string') return compareText(String(a.value), String(b.value)) < 0;
  return a.value < b.value;
}

/** Go's `le`. */
export function isLessOrEqual(first: unknown, second: unknown, budget: Budget): boolean {
  return isLess(first, second) || equals(first, second, budget);
}

/** An interface that holds nothing is nothing. */
function present(value: unknown): View {
  return view(value ?? undefined);
}

function isBasic(seen: View): seen is Basic {
  return BASIC.has(seen.kind);
}

function family({ kind }: Basic): string {
  return kind === 'uint' ? 'int' : kind;
}

// a bigint and a number are equal by `==` alone
function sameBasic(a: Basic, b: Basic): boolean {
  if (typeof a.value === 'bigint' && typeof b.value === 'number') return a.value === BigInt(b.value);
  if (typeof a.value === 'number' && typeof b.value === 'bigint') return BigInt(a.value) === b.value;
  return a.value === b.value;
}

function isNil(seen: View): boolean {
  if (seen.kind === 'slice' || seen.kind === 'map') return seen.isNil;
  return seen.kind === 'invalid' || seen.kind === 'nil' || seen.kind === 'pointer';
}
