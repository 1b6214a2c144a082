import type { Budget } from './budget.ts';
import { typed, view } from './values.ts';

/** Go types of parameters. `reflect.Value` takes anything as it is, `interface {}` takes anything. */
export type ParameterType = 'reflect.Value' | 'interface {}' | 'string' | 'int' | '[]string';

/** A function that templates can call. */
export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Whether the last parameter stands for any number of arguments. */
  readonly isVariadic: boolean;
  /**
   * Called with as many arguments as the parameters ask for, each of its type.
   * @throws FunctionFailure
   */
  call(args: readonly unknown[], budget: Budget): unknown;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

export function fixed(parameters: readonly ParameterType[], call: TemplateFunction['call']): TemplateFunction {
  return { parameters, isVariadic: false, call };
}

export function variadic(parameters: readonly ParameterType[], call: TemplateFunction['call']): TemplateFunction {
  return { parameters, isVariadic: true, call };
}

/** An argument whose parameter is a string. */
export function textArgument(value: unknown): string {
  const seen = view(value);
  return seen.kind === 'string' ? seen.value : '';
}

/** An argument whose parameter is an int. */
export function intArgument(value: unknown): number {
  const seen = view(value);
  return seen.kind === 'int' ? Number(seen.value) : 0;
}

/** An argument whose parameter is a []string. */
export function textsArgument(value: unknown): readonly string[] {
  const seen = view(value);
  return seen.kind === 'slice' ? seen.items.map(textArgument) : [];
}

export function texts(values: readonly string[]): unknown {
  return typed('[]string', values);
}
