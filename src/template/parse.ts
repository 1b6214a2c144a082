import type { ActionNode, BranchNode, Statement, TemplateNode } from './nodes.ts';
import { type ParseScope, parsePipeline } from './parse-pipeline.ts';
import { quote } from './quote.ts';
import { TokenStream } from './token-stream.ts';
import { tokenize } from './tokenize.ts';
import type { Token } from './tokens.ts';
import { unquote } from './unquote.ts';

/** Actions within actions: more than anybody writes, and less than the stack takes. */
const MAX_NESTING = 100;

/** A template that has been understood, with those that it defines. */
export interface Template {
  readonly name: string;
  readonly source: string;
  /** By name; its own body is under its own name. */
  readonly definitions: ReadonlyMap<string, readonly Statement[]>;
}

/** What ends a list: `{{end}}`, or `{{else}}`, which may be followed by the word of another branch. */
interface ListEnd {
  readonly kind: 'end' | 'else';
  readonly follows: 'if' | 'with' | undefined;
}

/**
 * Parses a Go template. `functions` are the names that may be called.
 * @throws DrayError INVALID_OPTION, worded as Go words it
 */
export function parse(source: string, name: string, functions: ReadonlySet<string>): Template {
  const stream = new TokenStream(name, tokenize(source));
  const definitions = new Map<string, readonly Statement[]>();
  const parser = new Parser(stream, functions, definitions);
  parser.define(name, parser.parseTop());
  return { name, source, definitions };
}

class Parser {
  readonly #stream: TokenStream;
  readonly #definitions: Map<string, readonly Statement[]>;
  #scope: ParseScope;
  #ranges = 0;
  #nesting = 0;

  constructor(stream: TokenStream, functions: ReadonlySet<string>, definitions: Map<string, readonly Statement[]>) {
    this.#stream = stream;
    this.#definitions = definitions;
    this.#scope = { stream, functions, variables: ['$'], depth: 0 };
  }

  /** A definition replaces an empty one, and an empty one replaces nothing. */
  define(name: string, body: readonly Statement[]): void {
    const old = this.#definitions.get(name);
    if (old === undefined || isEmpty(old)) this.#definitions.set(name, body);
    else if (!isEmpty(body)) this.#stream.fail(`template: multiple definition of template ${quote(name)}`);
  }

  parseTop(): readonly Statement[] {
    const list: Statement[] = [];
    while (this.#stream.peek().kind !== 'eof') {
      if (this.#parseDefinition()) continue;
      const found = this.#parseStatement();
      if (isEnd(found)) return this.#stream.fail(`unexpected {{${found.kind}}}`);
      list.push(found);
    }
    return list;
  }

  /** `{{define "name"}}…{{end}}`, if that is what comes. */
  #parseDefinition(): boolean {
    const mark = this.#stream.mark();
    if (this.#stream.next().kind !== 'leftDelim' || !isWord(this.#stream.nextNonSpace(), 'define')) {
      this.#stream.back(mark);
      return false;
    }
    const context = 'define clause';
    const name = this.#templateName(this.#stream.expect(['string', 'rawString'], context), context);
    this.#stream.expect(['rightDelim'], context);
    this.#defineBody(name, context);
    return true;
  }

  /** Reads up to `{{end}}` as a template of its own, which sees no variables of the one around it. */
  #defineBody(name: string, context: string): void {
    const [scope, ranges] = [this.#scope, this.#ranges];
    this.#scope = { ...scope, variables: ['$'] };
    this.#ranges = 0;
    const { list, end } = this.#parseList();
    if (end.kind !== 'end') this.#stream.fail(`unexpected {{${end.kind}}} in ${context}`);
    this.define(name, list);
    this.#scope = scope;
    this.#ranges = ranges;
  }

  #parseList(): { readonly list: readonly Statement[]; readonly end: ListEnd } {
    const list: Statement[] = [];
    while (this.#stream.peekNonSpace().kind !== 'eof') {
      const found = this.#parseStatement();
      if (isEnd(found)) return { list, end: found };
      list.push(found);
    }
    return this.#stream.fail('unexpected EOF');
  }

  #parseStatement(): Statement | ListEnd {
    const token = this.#stream.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', pos: token.pos, text: token.text };
    if (token.kind !== 'leftDelim') return this.#stream.unexpected(token, 'input');
    if (this.#nesting >= MAX_NESTING) this.#stream.fail('max expression depth exceeded');
    this.#nesting += 1;
    this.#stream.actionLine = token.line;
    const found = this.#parseAction();
    this.#stream.actionLine = 0;
    this.#nesting -= 1;
    return found;
  }

  #parseAction(): Statement | ListEnd {
    const mark = this.#stream.mark();
    const token = this.#stream.nextNonSpace();
    switch (token.kind === 'keyword' ? token.text : '') {
      case 'block':
        return this.#parseBlock();
      case 'break':
        return this.#parseJump('break', token.pos);
      case 'continue':
        return this.#parseJump('continue', token.pos);
      case 'else':
        return this.#parseElse();
      case 'end':
        this.#stream.expect(['rightDelim'], 'end');
        return { kind: 'end', follows: undefined };
      case 'if':
        return this.#parseBranch('if');
      case 'range':
        return this.#parseBranch('range');
      case 'template':
        return this.#parseTemplate();
      case 'with':
        return this.#parseBranch('with');
      default:
        this.#stream.back(mark);
        return this.#parsePlainAction();
    }
  }

  #parsePlainAction(): ActionNode {
    const { pos } = this.#stream.peekNonSpace();
    return { kind: 'action', pos, pipe: parsePipeline(this.#scope, 'command') };
  }

  #parseJump(kind: 'break' | 'continue', pos: number): Statement {
    this.#stream.expect(['rightDelim'], `{{${kind}}}`);
    if (this.#ranges === 0) this.#stream.fail(`{{${kind}}} outside {{range}}`);
    return { kind, pos };
  }

  #parseElse(): ListEnd {
    const next = this.#stream.peekNonSpace();
    if (isWord(next, 'if')) return { kind: 'else', follows: 'if' };
    if (isWord(next, 'with')) return { kind: 'else', follows: 'with' };
    this.#stream.expect(['rightDelim'], 'else');
    return { kind: 'else', follows: undefined };
  }

  #parseBranch(kind: 'if' | 'with' | 'range'): BranchNode {
    if (this.#nesting > MAX_NESTING) this.#stream.fail('max expression depth exceeded');
    const declared = this.#scope.variables.length;
    const pipe = parsePipeline(this.#scope, kind);
    if (kind === 'range') this.#ranges += 1;
    const { list, end } = this.#parseList();
    if (kind === 'range') this.#ranges -= 1;
    const otherwise = end.kind === 'else' ? this.#parseOtherwise(kind, end) : undefined;
    this.#scope.variables.length = declared;
    return { kind, pos: pipe.pos, pipe, list, otherwise };
  }

  /** What follows `{{else}}`. After `{{else if …}}` one `{{end}}` ends both. */
  #parseOtherwise(kind: 'if' | 'with' | 'range', { follows }: ListEnd): readonly Statement[] {
    if (follows !== undefined && follows === kind) {
      this.#stream.nextNonSpace();
      this.#nesting += 1;
      const branch = this.#parseBranch(follows);
      this.#nesting -= 1;
      return [branch];
    }
    const { list, end } = this.#parseList();
    if (end.kind !== 'end') this.#stream.fail(`expected end; found {{${end.kind}}}`);
    return list;
  }

  #parseBlock(): TemplateNode {
    const context = 'block clause';
    const token = this.#stream.nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = parsePipeline(this.#scope, context);
    this.#defineBody(name, context);
    return { kind: 'template', pos: token.pos, name, pipe };
  }

  #parseTemplate(): TemplateNode {
    const context = 'template clause';
    const token = this.#stream.nextNonSpace();
    const name = this.#templateName(token, context);
    const mark = this.#stream.mark();
    const isBare = this.#stream.nextNonSpace().kind === 'rightDelim';
    if (!isBare) this.#stream.back(mark);
    return { kind: 'template', pos: token.pos, name, pipe: isBare ? undefined : parsePipeline(this.#scope, context) };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'rawString') return this.#stream.unexpected(token, context);
    return unquote(token.text) ?? this.#stream.fail('invalid syntax');
  }
}

function isEnd(found: Statement | ListEnd): found is ListEnd {
  return found.kind === 'end' || found.kind === 'else';
}

function isWord({ kind, text }: Token, word: string): boolean {
  return kind === 'keyword' && text === word;
}

/** Whether a body is nothing but space. */
function isEmpty(body: readonly Statement[]): boolean {
  return body.every((node) => node.kind === 'text' && node.text.trim() === '');
}
