import { DrayError } from '#errors';
import type { Budget } from './budget.ts';
import { byteLength } from './bytes-of-text.ts';
import type { FunctionTable } from './function-types.ts';
import { nodeText, type Place } from './nodes.ts';
import type { Template } from './parse.ts';
import { quote } from './quote.ts';

/** A value where it is held. `isBoxed` is true where Go holds it as an interface: then errors name that type. */
export interface Slot {
  readonly value: unknown;
  readonly isBoxed: boolean;
}

interface Variable {
  readonly name: string;
  slot: Slot;
}

/** The variables of one template, and where its execution is. */
export class Frame {
  readonly templateName: string;
  readonly variables: Variable[];
  place: Place | undefined;

  constructor(templateName: string, dot: Slot) {
    this.templateName = templateName;
    this.variables = [{ name: '$', slot: dot }];
  }

  push(name: string, slot: Slot): void {
    this.variables.push({ name, slot });
  }

  /** Gives the variable of that name that was declared last another value; false where there is none. */
  set(name: string, slot: Slot): boolean {
    const variable = this.variables.findLast((candidate) => candidate.name === name);
    if (variable !== undefined) variable.slot = slot;
    return variable !== undefined;
  }

  /** The same by its place from the end: 1 is the last one. */
  setTop(place: number, slot: Slot): void {
    const variable = this.variables.at(-place);
    if (variable !== undefined) variable.slot = slot;
  }

  get(name: string): Slot {
    return (
      this.variables.findLast((candidate) => candidate.name === name)?.slot ?? { value: undefined, isBoxed: false }
    );
  }
}

/** What stays the same during one execution. */
export interface Run {
  readonly template: Template;
  readonly functions: FunctionTable;
  readonly budget: Budget;
}

/** The error of an execution, with the place where it is, as Go words it. */
export function executionError(run: Run, frame: Frame, message: string, hint?: string): DrayError {
  const { template } = run;
  const { place } = frame;
  const options = hint === undefined ? {} : { hint };
  if (place === undefined) return new DrayError('INVALID_OPTION', `template: ${template.name}: ${message}`, options);
  const before = template.source.slice(0, place.pos);
  const lines = before.split('\n');
  const position = `${template.name}:${lines.length}:${byteLength(lines.at(-1) ?? '')}`;
  const what = `executing ${quote(frame.templateName)} at <${nodeText(place)}>`;
  return new DrayError('INVALID_OPTION', `template: ${position}: ${what}: ${message}`, options);
}
