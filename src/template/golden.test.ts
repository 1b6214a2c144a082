import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { executeTemplate, parseTemplate, struct, typed } from './index.ts';

interface Case {
  readonly data: string;
  readonly template: string;
  readonly output?: string;
  readonly error?: string;
}

const folder = new URL('../../test/golden/go-template/', import.meta.url);
const { cases } = read('cases.json') as { readonly cases: readonly Case[] };
const { data } = read('templates.json') as { readonly data: Readonly<Record<string, unknown>> };

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

/** Data as record.go reads it. */
function value(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(value);
  if (typeof input !== 'object' || input === null) return input;
  const { $type, $struct, fields, value: inner } = input as Record<string, unknown>;
  const object = (source: unknown): Record<string, unknown> =>
    Object.fromEntries(Object.entries(source ?? {}).map(([key, item]) => [key, value(item)]));
  if (typeof $struct === 'string') return struct($struct, object(fields));
  if (typeof $type === 'string') return typed($type, inner ?? null);
  return object(input);
}

test('what Go prints and says is printed and said here', () => {
  assert.ok(cases.length > 800, `${cases.length} cases`);
  const failures: string[] = [];
  for (const { data: name, template, output, error } of cases) {
    let got: string;
    try {
      got = executeTemplate(parseTemplate(template), value(data[name]));
    } catch (thrown) {
      got = `error: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    }
    const expected = output ?? `error: ${error}`;
    if (got !== expected)
      failures.push(`${JSON.stringify(template)} with ${name}\n  go:   ${expected}\n  here: ${got}`);
  }
  assert.equal(failures.length, 0, `${failures.length} of ${cases.length}\n${failures.join('\n')}`);
});
