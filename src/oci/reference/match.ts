import { DrayError } from '#errors';
import { quoted } from '../printable.ts';
import type { Reference } from '../reference.ts';
import { familiarName, familiarString, fullName, fullString } from './format.ts';

/**
 * True when `pattern` matches the name as it is shown, with or without its tag and digest; one that begins with `docker.io/`, which no name that is
 * shown does, the full name. A pattern is a name with `*`, `?` and `[a-z]` that stop at slashes, as Go's path.Match has it. Throws INVALID_OPTION
 * for a malformed pattern.
 */
export function matchesRepository(reference: Reference, pattern: string): boolean {
  const matcher = compile(pattern);
  const { digest: _digest, ...withoutDigest } = reference;
  const [text, name] = pattern.startsWith('docker.io/') ? [fullString, fullName] : [familiarString, familiarName];
  return [text(reference), text(withoutDigest), name(reference)].some((form) => matches(matcher, Array.from(form)));
}

type Token = 'star' | ((character: string) => boolean);

function compile(pattern: string): Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === '*') tokens.push('star');
    else if (character === '?') tokens.push((found) => found !== '/');
    else if (character === '[') {
      const set = compileSet(characters, at + 1, pattern);
      tokens.push(set.token);
      at = set.end;
    } else {
      const literal = character === '\\' ? characters[++at] : character;
      if (literal === undefined) throw malformed(pattern);
      tokens.push((found) => found === literal);
    }
  }
  return tokens;
}

/** @param start after the `[`; the result's `end` is where its `]` stands */
function compileSet(characters: readonly string[], start: number, pattern: string): { token: Token; end: number } {
  const negated = characters[start] === '^';
  const ranges: { readonly low: string; readonly high: string }[] = [];
  let at = negated ? start + 1 : start;
  const one = (): string => {
    const character = characters[at];
    if (character === undefined || character === '-' || character === ']') throw malformed(pattern);
    const literal = character === '\\' ? characters[++at] : character;
    if (literal === undefined) throw malformed(pattern);
    at += 1;
    return literal;
  };
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = one();
    if (characters[at] !== '-') ranges.push({ low, high: low });
    else {
      at += 1;
      ranges.push({ low, high: one() });
    }
  }
  const token = (found: string): boolean =>
    found !== '/' && ranges.some(({ low, high }) => low <= found && found <= high) !== negated;
  return { token, end: at };
}

/** Goes back to the last star alone, so that time is at most pattern × name. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let retry: { readonly token: number; at: number } | undefined;
  for (let at = 0; at < name.length || token < tokens.length; ) {
    const expected = tokens[token];
    const found = name[at];
    if (expected === 'star') {
      retry = { token, at };
      token += 1;
    } else if (expected !== undefined && found !== undefined && expected(found)) {
      token += 1;
      at += 1;
    } else if (retry !== undefined && name[retry.at] !== undefined && name[retry.at] !== '/') {
      retry.at += 1;
      at = retry.at;
      token = retry.token + 1;
    } else return false;
  }
  return true;
}

function malformed(pattern: string): DrayError {
  return new DrayError('INVALID_OPTION', `syntax error in pattern ${quoted(pattern)}`, {
    hint: 'a pattern is a name with *, ? and [a-z]; a backslash takes the next character as it is',
  });
}
