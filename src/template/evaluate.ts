import { callFunction } from './call.ts';
import { executionError, type Frame, type Run, type Slot } from './execution-state.ts';
import type { CommandNode, FieldNode, Operand, PipeNode, VariableNode } from './nodes.ts';
import { nodeText } from './nodes.ts';
import { isFloatSyntax, type NumberLiteral } from './number-literal.ts';
import { ANY, elementAs, float, view } from './values.ts';

/** What comes from the command before, over a pipe. */
export interface Piped {
  readonly value: unknown;
}

/** Values of what stands in actions. `undefined` is what is not there, `null` an interface that holds nothing. */
export class Evaluator {
  readonly run: Run;
  readonly frame: Frame;

  constructor(run: Run, frame: Frame) {
    this.run = run;
    this.frame = frame;
  }

  fail(message: string, hint?: string): never {
    throw executionError(this.run, this.frame, message, hint);
  }

  /** The value of a pipeline; sets or declares its variables. */
  pipe(dot: Slot, pipe: PipeNode): unknown {
    this.frame.place = pipe;
    let piped: Piped | undefined;
    for (const command of pipe.commands) {
      this.run.budget.spend();
      // what an interface holds is taken out of it
      piped = { value: this.#command(dot, command, piped) ?? undefined };
    }
    const slot: Slot = { value: piped?.value, isBoxed: false };
    for (const { name } of pipe.variables) {
      if (!pipe.isAssign) this.frame.push(name, slot);
      else if (!this.frame.set(name, slot)) this.fail(`undefined variable: ${name}`);
    }
    return slot.value;
  }

  #command(dot: Slot, command: CommandNode, piped: Piped | undefined): unknown {
    const [first] = command.operands;
    const given = command.operands.length - 1 + (piped === undefined ? 0 : 1);
    switch (first.kind) {
      case 'field':
      case 'variable':
      case 'chain':
        return this.#fields(dot, first, given);
      case 'identifier':
        this.frame.place = first;
        return callFunction(this, dot, {
          name: first.name,
          place: command,
          operands: command.operands.slice(1),
          piped,
        });
      case 'pipe':
        this.#refuseArguments(first, given);
        return this.pipe(dot, first);
      default:
        this.frame.place = first;
        this.#refuseArguments(first, given);
        return first.kind === 'nil' ? this.fail('nil is not a command') : this.literal(dot, first);
    }
  }

  #refuseArguments(operand: Operand, given: number): void {
    if (given > 0) this.fail(`can't give argument to non-function ${nodeText(operand)}`);
  }

  /** The value of an operand, whatever its type. */
  operand(dot: Slot, operand: Operand): unknown {
    this.run.budget.spend();
    this.frame.place = operand;
    switch (operand.kind) {
      case 'field':
      case 'variable':
      case 'chain':
        return this.#fields(dot, operand, 0);
      case 'pipe':
        return this.pipe(dot, operand);
      case 'identifier':
        return callFunction(this, dot, { name: operand.name, place: operand, operands: [], piped: undefined });
      default:
        return this.literal(dot, operand);
    }
  }

  literal(dot: Slot, operand: Extract<Operand, { kind: 'dot' | 'nil' | 'bool' | 'number' | 'string' }>): unknown {
    switch (operand.kind) {
      case 'dot':
        return dot.value;
      case 'nil':
        return undefined;
      case 'bool':
        return operand.value;
      case 'string':
        return operand.text;
      case 'number':
        this.frame.place = operand;
        return this.#number(operand.number);
    }
  }

  #number(number: NumberLiteral): unknown {
    if (isFloatSyntax(number)) return float(number.float ?? 0);
    if (number.int === undefined) return this.fail(`${number.text} overflows int`);
    return Number.isSafeInteger(Number(number.int)) ? Number(number.int) : number.int;
  }

  #fields(dot: Slot, node: FieldNode | VariableNode | Extract<Operand, { kind: 'chain' }>, given: number): unknown {
    this.frame.place = node;
    let slot = this.#start(dot, node);
    if (node.kind === 'variable' && node.names.length === 0) this.#refuseArguments(node, given);
    node.names.forEach((name, index) => {
      this.run.budget.spend();
      slot = this.#field(slot, name, index === node.names.length - 1 ? given : 0);
    });
    return slot.value;
  }

  #start(dot: Slot, node: FieldNode | VariableNode | Extract<Operand, { kind: 'chain' }>): Slot {
    if (node.kind === 'field') return dot;
    if (node.kind === 'variable') return this.frame.get(node.name);
    if (node.base.kind === 'nil') return this.fail(`indirection through explicit nil in ${nodeText(node)}`);
    return { value: this.operand(dot, node.base), isBoxed: false };
  }

  #field({ value, isBoxed }: Slot, name: string, given: number): Slot {
    const seen = view(value);
    const type = isBoxed ? ANY : seen.type;
    switch (seen.kind) {
      case 'invalid':
        return { value, isBoxed: false };
      case 'nil':
        return this.fail(`nil pointer evaluating ${ANY}.${name}`);
      case 'map':
        if (given > 0) return this.fail(`${name} is not a method but has arguments`);
        if (!Object.hasOwn(seen.entries, name)) return { value: undefined, isBoxed: false };
        return { value: elementAs(seen.entries[name], seen.element), isBoxed: seen.element === ANY };
      case 'struct': {
        const { fields, options } = seen.struct;
        if (!Object.hasOwn(fields, name)) {
          const names = Object.keys(fields).join(', ');
          return this.fail(
            `can't evaluate field ${name} in type ${type}`,
            names === '' ? undefined : `there is ${names}`,
          );
        }
        if (given > 0 && options.hasMethods === true) {
          return this.fail(`wrong number of args for ${name}: want 0 got ${given}`);
        }
        if (given > 0) return this.fail(`${name} has arguments but cannot be invoked as function`);
        return { value: fields[name] ?? null, isBoxed: false };
      }
      case 'pointer':
        return this.fail(`nil pointer evaluating ${type}.${name}`);
      default:
        return this.fail(`can't evaluate field ${name} in type ${type}`);
    }
  }
}
