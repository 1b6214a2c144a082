import type { Evaluator, Piped } from './evaluate.ts';
import type { Slot } from './execution-state.ts';
import { FunctionFailure } from './failure.ts';
import type { ParameterType, TemplateFunction } from './function-types.ts';
import { type CommandNode, nodeText, type Operand } from './nodes.ts';
import { quote } from './quote.ts';
import { ANY, isTrue, view } from './values.ts';

/** A call as it stands in a template. */
export interface FunctionCall {
  readonly name: string;
  /** What an error of the function itself is said to be at. */
  readonly place: CommandNode | Operand;
  readonly operands: readonly Operand[];
  /** The last argument, where a pipe brings it. */
  readonly piped: Piped | undefined;
}

/** Evaluates the arguments, checks them against the function's parameters, and calls it. */
export function callFunction(evaluator: Evaluator, dot: Slot, call: FunctionCall): unknown {
  const { name, operands, piped } = call;
  const { functions, budget } = evaluator.run;
  const target = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (target === undefined) return evaluator.fail(`${quote(name)} is not a defined function`);
  checkCount(evaluator, target, call);
  if (name === 'and' || name === 'or') return callShort(evaluator, dot, call);
  const args = operands.map((operand, index) => argument(evaluator, dot, operand, parameterAt(target, index)));
  if (piped !== undefined) args.push(asType(evaluator, piped.value, parameterAt(target, operands.length)));
  args.forEach((arg) => budget.spendOn(arg, 'function'));
  try {
    if (name === 'call') refuseCall(call, args);
    const result = target.call(args, budget);
    budget.spendOn(result, 'function');
    return result;
  } catch (error) {
    if (!(error instanceof FunctionFailure)) throw error;
    evaluator.frame.place = call.place;
    return evaluator.fail(`error calling ${name}: ${error.message}`);
  }
}

/** Data holds no functions, so `call` has nothing to call. */
function refuseCall({ operands, piped }: FunctionCall, [callee]: readonly unknown[]): never {
  const seen = view(callee ?? undefined);
  if (seen.kind === 'invalid') throw new FunctionFailure('call of nil');
  const [operand] = operands;
  const name = operand === undefined ? reflected(piped?.value) : nodeText(operand);
  throw new FunctionFailure(`non-function ${name} of type ${seen.type}`);
}

function reflected(value: unknown): string {
  return typeof value === 'string' ? value : `<${view(value).type} Value>`;
}

/** Go counts the variadic parameter out when it says how many there must be, and the pipe too. */
function checkCount(evaluator: Evaluator, { parameters, isVariadic }: TemplateFunction, call: FunctionCall): void {
  const given = call.operands.length + (call.piped === undefined ? 0 : 1);
  const least = parameters.length - 1;
  if (isVariadic && given < least) {
    evaluator.fail(`wrong number of args for ${call.name}: want at least ${least} got ${call.operands.length}`);
  }
  if (!isVariadic && given !== parameters.length) {
    evaluator.fail(`wrong number of args for ${call.name}: want ${parameters.length} got ${given}`);
  }
}

function parameterAt({ parameters }: TemplateFunction, index: number): ParameterType {
  return parameters[index] ?? parameters.at(-1) ?? ANY;
}

/** `and` and `or` give the argument that decides, and do not look at those after it. */
function callShort(evaluator: Evaluator, dot: Slot, { name, operands, piped }: FunctionCall): unknown {
  let value: unknown;
  for (const operand of operands) {
    value = argument(evaluator, dot, operand, 'reflect.Value');
    if (isTrue(value) === (name === 'or')) return value;
  }
  return piped === undefined ? value : piped.value;
}

function argument(evaluator: Evaluator, dot: Slot, operand: Operand, type: ParameterType): unknown {
  const { frame } = evaluator;
  frame.place = operand;
  switch (operand.kind) {
    case 'nil':
      return type === 'string' || type === 'int' ? evaluator.fail(`cannot assign nil to ${type}`) : undefined;
    case 'bool':
    case 'number':
    case 'string':
      return literalAs(evaluator, dot, operand, type);
    default:
      return asType(evaluator, evaluator.operand(dot, operand), type);
  }
}

function literalAs(
  evaluator: Evaluator,
  dot: Slot,
  operand: Extract<Operand, { kind: 'bool' | 'number' | 'string' }>,
  type: ParameterType,
): unknown {
  switch (type) {
    case 'string':
      return operand.kind === 'string' ? operand.text : evaluator.fail(`expected string; found ${nodeText(operand)}`);
    case 'int':
      return operand.kind === 'number' && operand.number.int !== undefined
        ? Number(operand.number.int)
        : evaluator.fail(`expected integer; found ${nodeText(operand)}`);
    case '[]string':
      return evaluator.fail(`can't handle ${nodeText(operand)} for arg of type ${type}`);
    default:
      return evaluator.literal(dot, operand);
  }
}

/** `value`, if a parameter of that type takes it. */
function asType(evaluator: Evaluator, value: unknown, type: ParameterType): unknown {
  if (type === 'reflect.Value') return value;
  if (type === ANY) return value ?? undefined;
  const seen = view(value);
  if (seen.kind === 'invalid') {
    if (type === '[]string') return value;
    return evaluator.fail(`invalid value; expected ${type}`);
  }
  if (seen.type !== type) return evaluator.fail(`wrong type for value; expected ${type}; got ${seen.type}`);
  return value;
}
