import { bytesOf, textOf } from './bytes-of-text.ts';
import { elementAs, sortedEntries, view } from './values.ts';

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** How deep JSON may go; Go has a limit for what contains itself. */
const MAX_DEPTH = 200;

/**
 * JSON as Go's encoder writes it: the keys of maps sorted, the fields of structs in their order, floats as in JavaScript. `<`, `>` and `&`
 * are escaped with `html` alone, U+2028 and U+2029 always. Undefined for what has no JSON: a number that is not finite, what contains itself.
 */
export function goJson(value: unknown, html: boolean): string | undefined {
  try {
    return encode(value, html, 0);
  } catch (error) {
    if (error instanceof NoJson) return undefined;
    throw error;
  }
}

class NoJson extends Error {}

function encode(value: unknown, html: boolean, depth: number): string {
  if (depth > MAX_DEPTH) throw new NoJson();
  const seen = view(value);
  switch (seen.kind) {
    case 'invalid':
    case 'nil':
    case 'pointer':
      return 'null';
    case 'bool':
    case 'int':
    case 'uint':
      return String(seen.value);
    case 'float':
      if (!Number.isFinite(seen.value)) throw new NoJson();
      return Object.is(seen.value, -0) ? '-0' : String(seen.value);
    case 'string':
      return encodeText(seen.value, html);
    case 'slice':
      if (seen.isNil) return 'null';
      return `[${seen.items.map((item) => encode(elementAs(item, seen.element), html, depth + 1)).join(',')}]`;
    case 'map':
      return seen.isNil ? 'null' : encodeObject(sortedEntries(seen), html, depth);
    case 'struct':
      return seen.struct.options.json ?? encodeObject(Object.entries(seen.struct.fields), html, depth);
  }
}

function encodeObject(entries: readonly (readonly [string, unknown])[], html: boolean, depth: number): string {
  const members = entries.map(([name, value]) => `${encodeText(name, html)}:${encode(value, html, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function encodeText(text: string, html: boolean): string {
  // oxlint-disable-next-line no-control-regex -- control characters are escaped
  const special = html ? /["\\\u0000-\u001f\u2028\u2029<>&]/g : /["\\\u0000-\u001f\u2028\u2029]/g;
  return `"${textOf(bytesOf(text)).replaceAll(special, escapeUnit)}"`;
}

function escapeUnit(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
