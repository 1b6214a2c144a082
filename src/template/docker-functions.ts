import { byteLength, sliceBytes } from './bytes-of-text.ts';
import { FunctionFailure } from './failure.ts';
import { type FunctionTable, fixed, intArgument, textArgument, texts, textsArgument } from './function-types.ts';
import { goJson } from './json.ts';

/** What docker's commands add to Go's functions. */
export const DOCKER_FUNCTIONS: FunctionTable = {
  // docker asks for no HTML escapes, and prints nothing for what has no JSON
  json: fixed(['interface {}'], ([value]) => goJson(value, false) ?? ''),
  split: fixed(['string', 'string'], ([text, separator]) => texts(split(textArgument(text), textArgument(separator)))),
  join: fixed(['[]string', 'string'], ([list, separator]) => textsArgument(list).join(textArgument(separator))),
  title: fixed(['string'], ([text]) => title(textArgument(text))),
  lower: fixed(['string'], ([text]) => mapCharacters(textArgument(text), lower)),
  upper: fixed(['string'], ([text]) => mapCharacters(textArgument(text), upper)),
  pad: fixed(['string', 'int', 'int'], ([text, before, after], budget) => {
    const source = textArgument(text);
    const [left, right] = [intArgument(before), intArgument(after)];
    if (source === '') return '';
    if (left < 0 || right < 0) throw new FunctionFailure('strings: negative Repeat count');
    budget.text().reserve(left + right);
    return `${' '.repeat(left)}${source}${' '.repeat(right)}`;
  }),
  truncate: fixed(['string', 'int'], ([text, count]) => {
    const source = textArgument(text);
    const length = intArgument(count);
    if (length < 0) throw new FunctionFailure(`runtime error: slice bounds out of range [:${length}]`);
    return byteLength(source) < length ? source : sliceBytes(source, 0, length);
  }),
};

const unchanged = ([text]: readonly unknown[]): unknown => text;

/** The same for the header of a table, which they leave as it is. `pad` goes on, since it moves columns. */
export const HEADER_FUNCTIONS: FunctionTable = {
  ...DOCKER_FUNCTIONS,
  json: fixed(['string'], unchanged),
  split: fixed(['string', 'string'], unchanged),
  join: fixed(['string', 'string'], unchanged),
  title: fixed(['string'], unchanged),
  lower: fixed(['string'], unchanged),
  upper: fixed(['string'], unchanged),
  truncate: fixed(['string', 'int'], unchanged),
};

/** Without a separator every character stands alone. */
function split(text: string, separator: string): readonly string[] {
  return separator === '' ? Array.from(text) : text.split(separator);
}

/** Go's strings.Title: the first letter of every word. */
function title(text: string): string {
  let before = ' ';
  return mapCharacters(text, (character) => {
    const isFirst = /^(?:[^\p{L}\p{N}_\u0080-\u{10ffff}]|\s)$/u.test(before);
    before = character;
    return isFirst ? upper(character) : character;
  });
}

function mapCharacters(text: string, change: (character: string) => string): string {
  return Array.from(text, change).join('');
}

/** Go changes characters one by one: what would become several stays. */
function upper(character: string): string {
  const changed = character.toUpperCase();
  return Array.from(changed).length === 1 ? changed : character;
}

function lower(character: string): string {
  return Array.from(character.toLowerCase())[0] ?? character;
}
