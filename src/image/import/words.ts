import { DrayError } from '#errors';

/** Variables that a change may use: those of the environment so far. */
export type Variables = Pick<ReadonlyMap<string, string>, 'get'>;

/** The words of a line as docker's instructions have them: quotes and backslashes taken away, variables put in. Throws INVALID_OPTION. */
export function wordsOf(text: string, variables: Variables): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
      continue;
    }
    const part = nextPart(text, at, variables);
    word = (word ?? '') + part.text;
    at = part.end;
  }
  return word === undefined ? words : [...words, word];
}

/** The whole line as one word. */
export function wordOf(text: string, variables: Variables): string {
  let word = '';
  for (let at = 0; at < text.length; ) {
    const part = nextPart(text, at, variables);
    word += part.text;
    at = part.end;
  }
  return word;
}

interface Part {
  readonly text: string;
  readonly end: number;
}

function nextPart(text: string, at: number, variables: Variables): Part {
  const char = text[at] ?? '';
  if (char === "'") return singleQuoted(text, at);
  if (char === '"') return doubleQuoted(text, at, variables);
  if (char === '$') return variable(text, at, variables);
  if (char === '\\') return { text: text[at + 1] ?? '', end: at + 2 };
  return { text: char, end: at + 1 };
}

function singleQuoted(text: string, at: number): Part {
  const end = text.indexOf("'", at + 1);
  if (end < 0) throw unterminated(text);
  return { text: text.slice(at + 1, end), end: end + 1 };
}

function doubleQuoted(text: string, start: number, variables: Variables): Part {
  let word = '';
  for (let at = start + 1; at < text.length; ) {
    const char = text[at] ?? '';
    if (char === '"') return { text: word, end: at + 1 };
    const next = text[at + 1] ?? '';
    if (char === '\\') {
      // Only these lose the backslash between double quotes.
      word += /["$\\]/.test(next) ? next : `\\${next}`;
      at += 2;
      continue;
    }
    const part = char === '$' ? variable(text, at, variables) : { text: char, end: at + 1 };
    word += part.text;
    at = part.end;
  }
  throw unterminated(text);
}

const PLAIN = /\$([A-Za-z_][A-Za-z0-9_]*)/y;
const BRACED = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([-+])([^}]*))?\}/y;

function variable(text: string, at: number, variables: Variables): Part {
  const [pattern, other] = text[at + 1] === '{' ? [BRACED, PLAIN] : [PLAIN, BRACED];
  pattern.lastIndex = at;
  other.lastIndex = 0;
  const found = pattern.exec(text);
  if (found === null) {
    if (pattern === PLAIN) return { text: '$', end: at + 1 };
    throw new DrayError(
      'INVALID_OPTION',
      `syntax error in ${JSON.stringify(text)}: a variable that cannot be understood`,
    );
  }
  const [whole, name = '', operator, operand = ''] = found;
  const value = variables.get(name) ?? '';
  const end = at + whole.length;
  if (operator === undefined) return { text: value, end };
  const isSet = value !== '';
  if (operator === '+') return { text: isSet ? wordOf(operand, variables) : '', end };
  return { text: isSet ? value : wordOf(operand, variables), end };
}

function unterminated(text: string): DrayError {
  return new DrayError('INVALID_OPTION', `unexpected end of statement while looking for matching quote: ${text}`);
}
