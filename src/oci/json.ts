import { DrayError } from '#errors';
import { quoted } from './printable.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Objects and arrays within each other. Configs and manifests of real images stay under ten. */
const DEEPEST = 64;

/** Values in one document: an empty object costs a few bytes to send and fifty to hold. */
const MOST_VALUES = 500_000;
/** Keys in one object, which are held twice while it is read. */
const MOST_KEYS = 20_000;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a JSON object. Refuses, with MANIFEST_INVALID, what two readers could understand in two ways: bytes that are not UTF-8, the same
 * key twice in one object (however it is escaped), anything after the end; and nesting deeper than 64,
 * more than 500,000 values, or 20,000 keys in an object. Takes linear time.
 * @param what names the document in the error, e.g. "the manifest"
 */
export function parseJsonStrict(bytes: Uint8Array, what: string): JsonObject {
  return parseJsonText(decodeText(bytes, what), what);
}

/** The same for text that is decoded already. */
export function parseJsonText(text: string, what: string): JsonObject {
  const fault = scan(text);
  if (fault !== undefined) throw invalidDocument(what, fault);
  const value = parse(text);
  if (value === undefined) throw invalidDocument(what, 'it is not JSON');
  if (!isJsonObject(value)) throw invalidDocument(what, `it is ${nameOf(value)}, not an object`);
  return value;
}

/** The text of bytes that must be UTF-8, or MANIFEST_INVALID. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw invalidDocument(what, 'it is not valid UTF-8', cause);
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a JSON value is, for messages: "null", "an array", "the string …". */
export function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `the string ${quoted(value)}`;
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

export function invalidDocument(what: string, found: string, cause?: unknown): DrayError {
  return new DrayError('MANIFEST_INVALID', `cannot read ${what}: ${found}`, { cause });
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // The parser's own message quotes the document, which a server wrote.
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** An open array, or an open object with its keys so far. */
type Open = { readonly keys: Set<string> } | 'array' | 'object without keys';

/** Finds repeated keys, too much nesting and too many values. Whether the text is JSON at all is left to the parser, which comes after. */
function scan(text: string): string | undefined {
  const open: Open[] = [];
  let keyNext = false;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (keyNext) {
        const key = unescape(text.slice(at, end + 1));
        if (key === undefined) return 'it is not JSON';
        const fault = addKey(open, key);
        if (fault !== undefined) return fault;
        keyNext = false;
      }
      at = end;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      if (open.length === DEEPEST) return `it nests deeper than ${DEEPEST}`;
      keyNext = code === 0x7b;
      open.push(keyNext ? 'object without keys' : 'array');
      values += 1;
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
      open.pop();
      keyNext = false;
    } else if (code === 0x2c /* , */) {
      keyNext = open.at(-1) !== 'array';
      values += 1;
    }
    if (values > MOST_VALUES) return `it holds more than ${MOST_VALUES} values`;
  }
  return undefined;
}

/** Notes a key of the innermost object; says what is wrong with it. */
function addKey(open: Open[], key: string): string | undefined {
  const innermost = open.at(-1);
  if (typeof innermost !== 'object') {
    open[Math.max(open.length - 1, 0)] = { keys: new Set([key]) };
    return undefined;
  }
  const { keys } = innermost;
  if (keys.has(key)) return `the key ${quoted(key)} stands twice in one object`;
  keys.add(key);
  return keys.size > MOST_KEYS ? `it holds an object of more than ${MOST_KEYS} keys` : undefined;
}

/** Where the string that begins at `start` has its closing quote; the end of the text where it has none. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    at += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

function unescape(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  const value = parse(literal);
  return typeof value === 'string' ? value : undefined;
}

/**
 * The members of an object as they are written: key to the text of its value, in order. Spaces between tokens are left out, so
 * that numbers, escapes and the order of inner keys survive where a parsed value would lose them.
 * @param text an object that `parseJsonText` has accepted
 */
export function rawMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let key: string | undefined;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (depth === 1 && key === undefined) {
        key = unescape(text.slice(at, end + 1));
        start = text.indexOf(':', end) + 1;
        at = start - 1;
      } else at = end;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) depth += 1;
    else if (depth > 1 && (code === 0x7d /* } */ || code === 0x5d) /* ] */) depth -= 1;
    else if (depth === 1 && (code === 0x2c /* , */ || code === 0x7d) && key !== undefined) {
      members.set(key, withoutSpaces(text.slice(start, at)));
      key = undefined;
    }
  }
  return members;
}

/** JSON text without the spaces between its tokens. */
function withoutSpaces(text: string): string {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code <= 0x20) {
      if (at > start) parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.join('');
}
