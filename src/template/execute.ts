import { DrayError, isDrayError } from '#errors';
import { BoundedText, Budget, DEFAULT_LIMITS, type Limits } from './budget.ts';
import { Evaluator } from './evaluate.ts';
import { executionError, Frame, type Run, type Slot } from './execution-state.ts';
import { LimitFailure } from './failure.ts';
import { formatPlain, writeValue } from './format-value.ts';
import type { FunctionTable } from './function-types.ts';
import type { BranchNode, Statement, TemplateNode } from './nodes.ts';
import type { Template } from './parse.ts';
import { noFlags } from './printf-flags.ts';
import { quote } from './quote.ts';
import { ANY, elementAs, isTrue, sortedEntries, view } from './values.ts';

/** What a statement asks of the loop around it. */
type Jump = 'break' | 'continue' | undefined;

const UNBOXED = (value: unknown): Slot => ({ value, isBoxed: false });

/**
 * The output of a template for `data`.
 * @throws DrayError INVALID_OPTION, worded as Go words it; also when the template does more than the limits allow
 */
export function execute(
  template: Template,
  data: unknown,
  functions: FunctionTable,
  limits: Limits = DEFAULT_LIMITS,
): string {
  const output = new BoundedText(limits.length);
  executeInto(output, template, { data, functions, limits });
  return output.toString();
}

/** The same, but an error ends the output where it was met, and is not thrown. */
export function executeUntilError(template: Template, data: unknown, functions: FunctionTable): string {
  const output = new BoundedText(DEFAULT_LIMITS.length);
  try {
    executeInto(output, template, { data, functions, limits: DEFAULT_LIMITS });
  } catch (error) {
    if (!isDrayError(error)) throw error;
  }
  return output.toString();
}

interface Execution {
  readonly data: unknown;
  readonly functions: FunctionTable;
  readonly limits: Limits;
}

function executeInto(output: BoundedText, template: Template, { data, functions, limits }: Execution): void {
  const budget = new Budget(limits);
  const run: Run = { template, functions, budget };
  const dot = UNBOXED(data ?? undefined);
  const frame = new Frame(template.name, dot);
  const walker = new Walker(run, frame, output);
  const body = template.definitions.get(template.name);
  if (body === undefined)
    throw executionError(run, frame, `${quote(template.name)} is an incomplete or empty template`);
  try {
    walker.walk(dot, body);
  } catch (error) {
    // the stack, or the longest string that there can be: what the limits let pass by mistake
    if (!(error instanceof RangeError)) throw error;
    throw new DrayError('INVALID_OPTION', `template: ${template.name}: ${error.message}`, { cause: error });
  }
}

class Walker {
  readonly output: BoundedText;
  readonly #run: Run;
  readonly #frame: Frame;
  readonly #evaluator: Evaluator;

  constructor(run: Run, frame: Frame, output: BoundedText) {
    this.output = output;
    this.#run = run;
    this.#frame = frame;
    this.#evaluator = new Evaluator(run, frame);
  }

  walk(dot: Slot, list: readonly Statement[]): Jump {
    return this.#bounded(() => this.#run.budget.deeper(() => this.#list(dot, list)));
  }

  #list(dot: Slot, list: readonly Statement[]): Jump {
    for (const statement of list) {
      this.#run.budget.spend();
      const jump = this.#statement(dot, statement);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  /** Limits become errors at the place where they were met. */
  #bounded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof LimitFailure) return this.#evaluator.fail(error.message);
      throw error;
    }
  }

  #statement(dot: Slot, statement: Statement): Jump {
    switch (statement.kind) {
      case 'text':
        this.#write(statement.text);
        return undefined;
      case 'action': {
        const value = this.#evaluator.pipe(dot, statement.pipe);
        if (statement.pipe.variables.length > 0) return undefined;
        this.#frame.place = statement;
        this.#write(this.#printed(value));
        return undefined;
      }
      case 'break':
      case 'continue':
        return statement.kind;
      case 'if':
      case 'with':
        return this.#scoped(() => this.#choose(dot, statement));
      case 'range':
        return this.#scoped(() => this.#range(dot, statement));
      case 'template':
        this.#template(dot, statement);
        return undefined;
    }
  }

  #write(text: string): void {
    this.#run.budget.spendOn(text, 'output');
    this.output.write(text);
  }

  #printed(value: unknown): string {
    if (value === undefined) return '<no value>';
    if (typeof value === 'string') return value;
    const out = this.#run.budget.text();
    writeValue(out, value, 'v', noFlags());
    return out.toString();
  }

  /** Variables that are declared inside end with it. */
  #scoped(work: () => Jump): Jump {
    const { variables } = this.#frame;
    const mark = variables.length;
    const jump = work();
    variables.length = mark;
    return jump;
  }

  #choose(dot: Slot, { kind, pipe, list, otherwise }: BranchNode): Jump {
    const value = this.#evaluator.pipe(dot, pipe);
    if (isTrue(value)) return this.walk(kind === 'with' ? UNBOXED(value) : dot, list);
    return otherwise === undefined ? undefined : this.walk(dot, otherwise);
  }

  #range(dot: Slot, node: BranchNode): Jump {
    const value = this.#evaluator.pipe(dot, node.pipe);
    this.#run.budget.spendOn(value, 'function');
    let isEmpty = true;
    for (const [index, element] of this.#elements(value, node)) {
      isEmpty = false;
      const jump = this.#scoped(() => this.#iterate(node, index, element));
      if (jump === 'break') break;
    }
    // `break` and `continue` end here
    return isEmpty && node.otherwise !== undefined ? this.walk(dot, node.otherwise) : undefined;
  }

  #iterate({ pipe, list }: BranchNode, index: unknown, element: Slot): Jump {
    this.#run.budget.spend();
    const [first, second] = pipe.variables;
    if (pipe.isAssign) {
      if (first !== undefined) this.#frame.set(first.name, second === undefined ? element : UNBOXED(index));
      if (second !== undefined) this.#frame.set(second.name, element);
    } else {
      if (first !== undefined) this.#frame.setTop(1, element);
      if (second !== undefined) this.#frame.setTop(2, UNBOXED(index));
    }
    return this.walk(element, list);
  }

  /** What a range goes over: indexes or keys, and elements. */
  *#elements(value: unknown, { pipe }: BranchNode): Generator<readonly [unknown, Slot]> {
    const seen = view(value);
    switch (seen.kind) {
      case 'invalid':
        return;
      case 'slice':
        for (const [index, item] of seen.items.entries()) {
          yield [index, { value: elementAs(item, seen.element), isBoxed: seen.element === ANY }];
        }
        return;
      case 'map':
        for (const [key, item] of sortedEntries(seen)) yield [key, { value: item, isBoxed: seen.element === ANY }];
        return;
      case 'int':
      case 'uint':
        if (pipe.variables.length > 1) {
          this.#evaluator.fail(`can't use ${seen.value} to iterate over more than one variable`);
        }
        for (let count = 0; count < seen.value; count += 1) yield [undefined, UNBOXED(count)];
        return;
      default:
        this.#evaluator.fail(`range can't iterate over ${formatPlain(value, this.#run.budget)}`);
    }
  }

  #template(dot: Slot, node: TemplateNode): void {
    this.#frame.place = node;
    const body = this.#run.template.definitions.get(node.name);
    if (body === undefined) return this.#evaluator.fail(`template ${quote(node.name)} not defined`);
    const slot = UNBOXED(node.pipe === undefined ? undefined : this.#evaluator.pipe(dot, node.pipe));
    new Walker(this.#run, new Frame(node.name, slot), this.output).walk(slot, body);
  }
}
