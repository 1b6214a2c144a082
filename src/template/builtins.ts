import type { Budget } from './budget.ts';
import { equalsAny, isLess, isLessOrEqual } from './compare.ts';
import { escapeHtml, escapeQuery, escapeScript } from './escape-text.ts';
import { type FunctionTable, fixed, textArgument, variadic } from './function-types.ts';
import { indexInto, lengthOf, sliceOf } from './indexing.ts';
import { sprint, sprintf, sprintln } from './printf.ts';
import { isTrue } from './values.ts';

const VALUE = 'reflect.Value';
const ANY = 'interface {}';

function escaping(escape: (text: string) => string): FunctionTable[string] {
  return variadic([ANY], (args, budget) => escape(plainText(args, budget)));
}

/** The text of arguments that are to be escaped: what is not there is printed as an action prints it. */
function plainText(args: readonly unknown[], budget: Budget): string {
  return sprint(
    args.map((arg) => arg ?? '<no value>'),
    budget,
  );
}

/** The functions that every Go template has. Whoever calls them has to know by name `and` and `or`, which stop early, and `call`. */
export const BUILTINS: FunctionTable = {
  and: variadic([VALUE, VALUE], (args) => args.at(-1)),
  or: variadic([VALUE, VALUE], (args) => args.at(-1)),
  not: fixed([VALUE], ([value]) => !isTrue(value)),
  len: fixed([VALUE], ([value]) => lengthOf(value)),
  index: variadic([VALUE, VALUE], ([value, ...indexes]) => indexInto(value, indexes)),
  slice: variadic([VALUE, VALUE], ([value, ...indexes]) => sliceOf(value, indexes)),
  eq: variadic([VALUE, VALUE], ([first, ...others], budget) => equalsAny(first, others, budget)),
  ne: fixed([VALUE, VALUE], ([first, second], budget) => !equalsAny(first, [second], budget)),
  lt: fixed([VALUE, VALUE], ([first, second]) => isLess(first, second)),
  le: fixed([VALUE, VALUE], ([first, second], budget) => isLessOrEqual(first, second, budget)),
  gt: fixed([VALUE, VALUE], ([first, second], budget) => !isLessOrEqual(first, second, budget)),
  ge: fixed([VALUE, VALUE], ([first, second]) => !isLess(first, second)),
  print: variadic([ANY], sprint),
  println: variadic([ANY], sprintln),
  printf: variadic(['string', ANY], ([format, ...args], budget) => sprintf(textArgument(format), args, budget)),
  html: escaping(escapeHtml),
  js: escaping(escapeScript),
  urlquery: escaping(escapeQuery),
  call: variadic([VALUE, VALUE], ([callee]) => callee),
};
