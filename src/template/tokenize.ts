import { quote, unicodeName } from './quote.ts';
import { KEYWORDS, type Token, type TokenKind } from './tokens.ts';

const LETTER = /[_\p{L}\p{Nd}]/uy;
const WORD = /[_\p{L}\p{Nd}]+/uy;
const SPACES = /[ \t\r\n]+/y;
const TRIMMED_END = /[ \t\r\n]-\}\}/y;
const TERMINATOR = /[ \t\r\n.,|:)(]|\}\}|$/y;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const STRING = /"(?:\\[^\n]|[^\\"\n])*"/y;
const CHARACTER = /'(?:\\[^\n]|[^\\'\n])*'/y;

/** The tokens of a template, the last one `eof` or `error`. Takes linear time. */
export function tokenize(source: string): readonly Token[] {
  const scanner = new Scanner(source);
  scanner.scanAll();
  return scanner.tokens;
}

class Scanner {
  readonly tokens: Token[] = [];
  readonly #source: string;
  #at = 0;
  #line = 1;
  #counted = 0;
  #parens = 0;
  #isDone = false;

  constructor(source: string) {
    this.#source = source;
  }

  scanAll(): void {
    while (!this.#isDone) {
      this.#scanText();
      if (this.#isDone) return;
      if (this.#scanComment()) continue;
      this.#scanLeftDelimiter();
      while (!this.#isDone && !this.#scanRightDelimiter()) this.#scanInAction();
    }
  }

  #lineAt(pos: number): number {
    for (; this.#counted < pos; this.#counted += 1) if (this.#source[this.#counted] === '\n') this.#line += 1;
    return this.#line;
  }

  #emit(kind: TokenKind, end: number): void {
    const pos = this.#at;
    this.tokens.push({ kind, pos, text: this.#source.slice(pos, end), line: this.#lineAt(pos) });
    this.#at = end;
  }

  #fail(message: string): void {
    this.tokens.push({ kind: 'error', pos: this.#at, text: message, line: this.#lineAt(this.#at) });
    this.#isDone = true;
  }

  /** What `pattern` matches at `at`, or undefined. */
  #match(pattern: RegExp, at = this.#at): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#source)?.[0];
  }

  #scanText(): void {
    const open = this.#source.indexOf('{{', this.#at);
    let end = open === -1 ? this.#source.length : open;
    if (open !== -1 && /^-[ \t\r\n]/.test(this.#source.slice(open + 2, open + 4))) {
      while (end > this.#at && ' \t\r\n'.includes(this.#source[end - 1] ?? 'x')) end -= 1;
    }
    if (end > this.#at) this.#emit('text', end);
    this.#at = open === -1 ? end : open;
    if (open !== -1) return;
    this.#emit('eof', end);
    this.#isDone = true;
  }

  /** Skips the comment that stands at the delimiter, if one does. */
  #scanComment(): boolean {
    const start = this.#match(/\{\{(?:-[ \t\r\n])?\/\*/y);
    if (start === undefined) return false;
    this.#at += start.length - 2;
    const end = this.#source.indexOf('*/', this.#at + 2);
    if (end === -1) {
      this.#fail('unclosed comment');
      return true;
    }
    const close = this.#match(/(?:[ \t\r\n]-\}\}[ \t\r\n]*|\}\})/y, end + 2);
    if (close === undefined) this.#fail('comment ends before closing delimiter');
    else this.#at = end + 2 + close.length;
    return true;
  }

  #scanLeftDelimiter(): void {
    this.#emit('leftDelim', this.#at + 2);
    if (this.#match(/-[ \t\r\n]/y) !== undefined) this.#at += 2;
    this.#parens = 0;
  }

  #scanRightDelimiter(): boolean {
    const isTrimmed = this.#match(TRIMMED_END) !== undefined;
    if (!isTrimmed && !this.#source.startsWith('}}', this.#at)) return false;
    if (this.#parens > 0) {
      this.#fail('unclosed left paren');
      return true;
    }
    if (isTrimmed) this.#at += 2;
    this.#emit('rightDelim', this.#at + 2);
    if (isTrimmed) this.#at += this.#match(SPACES)?.length ?? 0;
    return true;
  }

  #scanInAction(): void {
    const character = this.#source[this.#at];
    if (character === undefined) return this.#fail('unclosed action');
    if (' \t\r\n'.includes(character)) return this.#scanSpaces();
    if (character === '=') return this.#emit('assign', this.#at + 1);
    if (character === '|') return this.#emit('pipe', this.#at + 1);
    if (character === ':') {
      return this.#source[this.#at + 1] === '=' ? this.#emit('declare', this.#at + 2) : this.#fail('expected :=');
    }
    if (character === '(') {
      this.#parens += 1;
      return this.#emit('leftParen', this.#at + 1);
    }
    if (character === ')') {
      this.#parens -= 1;
      return this.#parens < 0 ? this.#fail('unexpected right paren') : this.#emit('rightParen', this.#at + 1);
    }
    if (character === '"') return this.#scanQuoted('string', STRING, 'unterminated quoted string');
    if (character === "'") return this.#scanQuoted('charConstant', CHARACTER, 'unterminated character constant');
    if (character === '`') return this.#scanQuoted('rawString', /`[^`]*`/y, 'unterminated raw quoted string');
    if (character === '$') return this.#scanNamed('variable');
    if (/^(?:\.\d|[+\-\d]|\.$)/.test(this.#source.slice(this.#at, this.#at + 2))) return this.#scanNumber();
    if (character === '.') return this.#scanNamed('field');
    return this.#scanWord();
  }

  #scanSpaces(): void {
    const run = this.#match(SPACES) ?? '';
    const end = this.#at + run.length;
    this.#emit('space', this.#match(TRIMMED_END, end - 1) === undefined ? end : end - 1);
  }

  #scanQuoted(kind: TokenKind, pattern: RegExp, message: string): void {
    const text = this.#match(pattern);
    if (text === undefined) this.#fail(message);
    else this.#emit(kind, this.#at + text.length);
  }

  /** `$name`, `.name`, `$` or `.`. */
  #scanNamed(kind: 'field' | 'variable'): void {
    const name = this.#match(WORD, this.#at + 1) ?? '';
    const end = this.#at + 1 + name.length;
    if (!this.#endsAt(end)) return;
    this.#emit(name === '' && kind === 'field' ? 'keyword' : kind, end);
  }

  #scanWord(): void {
    const word = this.#match(WORD);
    if (word === undefined) {
      const code = this.#source.codePointAt(this.#at) ?? 0;
      if (code >= 0x20 && code < 0x7f) return this.#emit('char', this.#at + 1);
      return this.#fail(`unrecognized character in action: ${unicodeName(code, true)}`);
    }
    if (!this.#endsAt(this.#at + word.length)) return;
    const kind = KEYWORDS.has(word) ? 'keyword' : word === 'true' || word === 'false' ? 'bool' : 'identifier';
    this.#emit(kind, this.#at + word.length);
  }

  /** Whether a name may end there; where not, that is the error. */
  #endsAt(end: number): boolean {
    if (this.#match(TERMINATOR, end) !== undefined) return true;
    this.#fail(`bad character ${unicodeName(this.#source.codePointAt(end) ?? 0, true)}`);
    return false;
  }

  #scanNumber(): void {
    let end = this.#at;
    let kind: TokenKind = 'number';
    for (let part = 0; part < 2; part += 1) {
      end += this.#match(NUMBER, end)?.length ?? 0;
      const after = this.#match(LETTER, end);
      if (after !== undefined) return this.#failNumber(end + after.length);
      const isComplex = part === 0 && '+-'.includes(this.#source[end] ?? 'x');
      if (!isComplex) break;
      kind = 'complex';
    }
    if (kind === 'complex' && this.#source[end - 1] !== 'i') return this.#failNumber(end);
    this.#emit(kind, end);
  }

  #failNumber(end: number): void {
    this.#fail(`bad number syntax: ${quote(this.#source.slice(this.#at, end))}`);
  }
}
