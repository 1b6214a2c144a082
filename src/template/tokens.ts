import { byteLength } from './bytes-of-text.ts';
import { quote } from './quote.ts';

/** Kinds of tokens. `keyword` are Go's reserved words, and the dot that stands alone. */
export type TokenKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'keyword';

export interface Token {
  readonly kind: TokenKind;
  /** Where it begins in the source, in UTF-16 units. */
  readonly pos: number;
  /** As written; for an error its message. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

export const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

/** A token as errors show it. */
export function describeToken({ kind, text }: Token): string {
  if (kind === 'eof') return 'EOF';
  if (kind === 'error') return text;
  if (kind === 'keyword') return `<${text}>`;
  return byteLength(text) > 10 ? `${quote(Array.from(text).slice(0, 10).join(''))}...` : quote(text);
}
