import { DrayError } from '#errors';
import { describeToken, type Token, type TokenKind } from './tokens.ts';

const END: Token = { kind: 'eof', pos: 0, text: '', line: 0 };

/** The tokens of one template, read once from front to back, with a step back where the parser looked too far. */
export class TokenStream {
  readonly templateName: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  /** The last token that was looked at: errors are said to be on its line, as in Go. */
  #furthest = -1;
  /** The line on which the action that is being read began; 0 between actions. */
  actionLine = 0;

  constructor(templateName: string, tokens: readonly Token[]) {
    this.templateName = templateName;
    this.#tokens = tokens;
  }

  next(): Token {
    const token = this.peek();
    this.#next += 1;
    return token;
  }

  peek(): Token {
    this.#furthest = Math.max(this.#furthest, this.#next);
    return this.#at(this.#next);
  }

  nextNonSpace(): Token {
    this.skipSpace();
    return this.next();
  }

  peekNonSpace(): Token {
    this.skipSpace();
    return this.peek();
  }

  skipSpace(): void {
    while (this.peek().kind === 'space') this.next();
  }

  /** Where the stream is, to come back to by `back`. */
  mark(): number {
    return this.#next;
  }

  back(mark: number): void {
    this.#next = mark;
  }

  expect(kinds: readonly TokenKind[], context: string): Token {
    const token = this.nextNonSpace();
    return kinds.includes(token.kind) ? token : this.unexpected(token, context);
  }

  fail(message: string): never {
    throw new DrayError(
      'INVALID_OPTION',
      `template: ${this.templateName}:${this.#at(this.#furthest).line}: ${message}`,
    );
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.fail(`unexpected ${describeToken(token)} in ${context}`);
    if (this.actionLine === 0 || this.actionLine === token.line) return this.fail(token.text);
    const noun = token.text.endsWith(' action') ? '' : ' in action';
    return this.fail(`${token.text}${noun} started at ${this.templateName}:${this.actionLine}`);
  }

  /** After the last token there are only ends. */
  #at(index: number): Token {
    return this.#tokens[index] ?? this.#tokens.at(-1) ?? END;
  }
}
