import type { NumberLiteral } from './number-literal.ts';
import { quote } from './quote.ts';

/** What stands in an action and has a value. `pos` is where it begins in the source, as Go counts that. */
export type Operand =
  | { readonly kind: 'dot' | 'nil'; readonly pos: number }
  | { readonly kind: 'bool'; readonly pos: number; readonly value: boolean }
  | { readonly kind: 'number'; readonly pos: number; readonly number: NumberLiteral }
  | { readonly kind: 'string'; readonly pos: number; readonly quoted: string; readonly text: string }
  | { readonly kind: 'identifier'; readonly pos: number; readonly name: string }
  | FieldNode
  | VariableNode
  | ChainNode
  | PipeNode;

/** `.A.B`. */
export interface FieldNode {
  readonly kind: 'field';
  readonly pos: number;
  readonly names: readonly string[];
}

/** `$x.A.B`; the name holds the dollar sign. */
export interface VariableNode {
  readonly kind: 'variable';
  readonly pos: number;
  readonly name: string;
  readonly names: readonly string[];
}

/** `(…).A.B`. */
export interface ChainNode {
  readonly kind: 'chain';
  readonly pos: number;
  readonly base: Operand;
  readonly names: readonly string[];
}

export interface PipeNode {
  readonly kind: 'pipe';
  readonly pos: number;
  readonly variables: readonly VariableNode[];
  /** True for `=`, false for `:=`. */
  readonly isAssign: boolean;
  readonly commands: readonly CommandNode[];
}

export interface CommandNode {
  readonly kind: 'command';
  readonly pos: number;
  readonly operands: readonly [Operand, ...Operand[]];
}

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly pos: number;
  readonly pipe: PipeNode;
  readonly list: readonly Statement[];
  readonly otherwise: readonly Statement[] | undefined;
}

export interface TemplateNode {
  readonly kind: 'template';
  readonly pos: number;
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}

export interface ActionNode {
  readonly kind: 'action';
  readonly pos: number;
  readonly pipe: PipeNode;
}

/** What a template is a list of. */
export type Statement =
  | { readonly kind: 'text'; readonly pos: number; readonly text: string }
  | { readonly kind: 'break' | 'continue'; readonly pos: number }
  | ActionNode
  | BranchNode
  | TemplateNode;

/** What an error can be at. */
export type Place = Operand | CommandNode | ActionNode | TemplateNode;

/** A node as error messages show it. */
export function nodeText(node: Place): string {
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.number.text;
    case 'string':
      return node.quoted;
    case 'identifier':
      return node.name;
    case 'field':
      return chained('', node.names);
    case 'variable':
      return chained(node.name, node.names);
    case 'chain':
      return chained(inParentheses(node.base), node.names);
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.operands.map(inParentheses).join(' ');
    case 'action':
      return `{{${pipeText(node.pipe)}}}`;
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${pipeText(node.pipe)}`}}}`;
  }
}

function pipeText({ variables, isAssign, commands }: PipeNode): string {
  const names = variables.map(nodeText).join(', ');
  const lead = names === '' ? '' : `${names} ${isAssign ? '=' : ':='} `;
  return `${lead}${commands.map(nodeText).join(' | ')}`;
}

function inParentheses(operand: Operand): string {
  return operand.kind === 'pipe' ? `(${pipeText(operand)})` : nodeText(operand);
}

function chained(start: string, names: readonly string[]): string {
  return names.reduce((text, name) => `${text}.${name}`, start);
}
