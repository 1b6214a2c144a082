import type { CommandNode, Operand, PipeNode, VariableNode } from './nodes.ts';
import { nodeText } from './nodes.ts';
import { parseNumber } from './number-literal.ts';
import { quote } from './quote.ts';
import type { TokenStream } from './token-stream.ts';
import type { Token, TokenKind } from './tokens.ts';
import { unquote } from './unquote.ts';

const MAX_PARENTHESES = 100;
const STARTS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'charConstant',
  'complex',
  'field',
  'identifier',
  'number',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);
const LITERALS: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

/** What is known while a template is being parsed. */
export interface ParseScope {
  readonly stream: TokenStream;
  /** The names of the functions that there are. */
  readonly functions: ReadonlySet<string>;
  /** The variables that are declared so far, in the order of their declaration. */
  variables: string[];
  depth: number;
}

/** Reads a pipeline and the token that ends it. `context` is what error messages call it. */
export function parsePipeline(
  scope: ParseScope,
  context: string,
  end: 'rightDelim' | 'rightParen' = 'rightDelim',
): PipeNode {
  const { stream } = scope;
  const { pos } = stream.peekNonSpace();
  const { variables, isAssign } = parseDeclarations(scope, context);
  const commands: CommandNode[] = [];
  for (;;) {
    const mark = stream.mark();
    const token = stream.nextNonSpace();
    if (token.kind === end) break;
    if (!STARTS.has(token.kind) && !isOperandWord(token)) return stream.unexpected(token, context);
    stream.back(mark);
    commands.push(parseCommand(scope));
  }
  if (commands.length === 0) stream.fail(`missing value for ${context}`);
  const dead = commands.findIndex(({ operands }, index) => index > 0 && LITERALS.has(operands[0].kind));
  if (dead > 0) stream.fail(`non executable command in pipeline stage ${dead + 1}`);
  return { kind: 'pipe', pos, variables, isAssign, commands };
}

function isOperandWord({ kind, text }: Token): boolean {
  return kind === 'keyword' && (text === '.' || text === 'nil');
}

function parseDeclarations(
  scope: ParseScope,
  context: string,
): { readonly variables: VariableNode[]; readonly isAssign: boolean } {
  const { stream } = scope;
  const variables: VariableNode[] = [];
  while (stream.peekNonSpace().kind === 'variable') {
    const mark = stream.mark();
    const { pos, text } = stream.next();
    const next = stream.peekNonSpace();
    const isLast = next.kind === 'assign' || next.kind === 'declare';
    if (!isLast && !(next.kind === 'char' && next.text === ',')) {
      stream.back(mark);
      break;
    }
    stream.next();
    variables.push({ kind: 'variable', pos, name: text, names: [] });
    scope.variables.push(text);
    if (isLast) return { variables, isAssign: next.kind === 'assign' };
    if (context !== 'range' || variables.length > 1) stream.fail(`too many declarations in ${context}`);
    if (!['variable', 'rightDelim', 'rightParen'].includes(stream.peekNonSpace().kind))
      stream.fail('range can only initialize variables');
  }
  return { variables, isAssign: false };
}

function parseCommand(scope: ParseScope): CommandNode {
  const { stream } = scope;
  const { pos } = stream.peekNonSpace();
  const operands: Operand[] = [];
  for (;;) {
    stream.skipSpace();
    const operand = parseOperand(scope);
    if (operand !== undefined) operands.push(operand);
    const mark = stream.mark();
    const token = stream.next();
    if (token.kind === 'space') continue;
    if (token.kind === 'rightDelim' || token.kind === 'rightParen') stream.back(mark);
    else if (token.kind !== 'pipe') stream.unexpected(token, 'operand');
    break;
  }
  const [first, ...rest] = operands;
  return first === undefined ? stream.fail('empty command') : { kind: 'command', pos, operands: [first, ...rest] };
}

/** A term with the fields that follow it, or undefined where none begins. */
function parseOperand(scope: ParseScope): Operand | undefined {
  const { stream } = scope;
  const term = parseTerm(scope);
  const { kind, pos } = stream.peek();
  if (term === undefined || kind !== 'field') return term;
  const names: string[] = [];
  while (stream.peek().kind === 'field') names.push(stream.next().text.slice(1));
  // the place of a longer chain is where its second part begins, as in Go
  if (term.kind === 'field' || term.kind === 'variable') return { ...term, pos, names: [...term.names, ...names] };
  if (LITERALS.has(term.kind)) stream.fail(`unexpected . after term ${quote(nodeText(term))}`);
  return { kind: 'chain', pos, base: term, names };
}

function parseTerm(scope: ParseScope): Operand | undefined {
  const { stream } = scope;
  const mark = stream.mark();
  const token = stream.nextNonSpace();
  const { kind, pos, text } = token;
  switch (kind) {
    case 'identifier':
      if (!scope.functions.has(text)) stream.fail(`function ${quote(text)} not defined`);
      return { kind, pos, name: text };
    case 'variable':
      if (!scope.variables.includes(text)) stream.fail(`undefined variable ${quote(text)}`);
      return { kind, pos, name: text, names: [] };
    case 'field':
      return { kind, pos, names: [text.slice(1)] };
    case 'bool':
      return { kind, pos, value: text === 'true' };
    case 'charConstant':
    case 'complex':
    case 'number': {
      const number = parseNumber(text);
      return typeof number === 'string' ? stream.fail(number) : { kind: 'number', pos, number };
    }
    case 'string':
    case 'rawString':
      return { kind: 'string', pos, quoted: text, text: unquote(text) ?? stream.fail('invalid syntax') };
    case 'leftParen':
      return parseParentheses(scope);
    default:
      if (isOperandWord(token)) return { kind: text === '.' ? 'dot' : 'nil', pos };
      stream.back(mark);
      return undefined;
  }
}

function parseParentheses(scope: ParseScope): PipeNode {
  if (scope.depth >= MAX_PARENTHESES) scope.stream.fail('max expression depth exceeded');
  scope.depth += 1;
  const pipe = parsePipeline(scope, 'parenthesized pipeline', 'rightParen');
  scope.depth -= 1;
  return pipe;
}
