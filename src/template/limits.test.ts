import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { executeTemplate, parseTemplate } from './index.ts';

const circle: Record<string, unknown> = { name: 'x' };
circle['self'] = circle;

const HOSTILE: readonly (readonly [string, string, RegExp])[] = [
  ['endless recursion', '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}', /exceeded maximum template depth/],
  [
    'two templates that call each other in branches',
    '{{define "a"}}{{if 1}}{{with 1}}{{range 3}}{{template "b"}}{{end}}{{end}}{{end}}{{end}}' +
      '{{define "b"}}{{if 1}}{{template "a"}}{{end}}{{end}}{{template "a"}}',
    /exceeded/,
  ],
  [
    'everything as deep as it may be',
    `{{define "a"}}${'{{range 1}}'.repeat(95)}{{$x := printf "%#v" ${'('.repeat(99)}1${')'.repeat(99)}}}{{template "a"}}` +
      `${'{{end}}'.repeat(95)}{{end}}{{template "a"}}`,
    /exceeded maximum template depth/,
  ],
  [
    'a circle, in many branches and parentheses',
    `${'{{range $}}{{with $}}'.repeat(45)}{{print ${'(print '.repeat(95)}$${')'.repeat(95)}}}${'{{end}}{{end}}'.repeat(45)}`,
    /values are more than/,
  ],
  ['a long loop', '{{range 9000000000000}}{{end}}', /exceeded 2000000 steps/],
  ['a long loop that says nothing', '{{range 9000000000000}}{{continue}}{{end}}', /exceeded/],
  ['loops in loops', '{{range 9999}}{{range 9999}}{{range 9999}}{{end}}{{end}}{{end}}', /exceeded/],
  ['much output', `{{range 2000000}}${'x'.repeat(9999)}{{end}}`, /exceeds 67108864 characters/],
  [
    'long text whose characters are looked at',
    '{{$x := pad "x" 999999 0}}{{range 99999}}{{$n := title $x}}{{end}}',
    /exceeded/,
  ],
  ['text that doubles', '{{$x := "xxxxxxxx"}}{{range 99}}{{$x = print $x $x}}{{end}}', /exceed/],
  ['long text that is read often', '{{$x := printf "%999999d" 1}}{{range 999999}}{{$n := len $x}}{{end}}', /exceeded/],
  ['long text that is compared often', '{{$x := pad "x" 999999 0}}{{range 999999}}{{eq $x $x}}{{end}}', /exceeded/],
  [
    'a long list that is copied often',
    '{{$x := split (pad "x" 99999 0) ""}}{{range 999999}}{{$y := slice $x 1}}{{end}}',
    /exceeded/,
  ],
  ['much padding', '{{pad "x" 2000000000 2000000000}}', /exceeds/],
  ['one verb after the other', `{{printf "${'%[1]*[2]d'.repeat(999)}" 999999 1}}`, /exceeds/],
  ['a circle, printed', '{{.}}', /values are more than 200 deep/],
  ['deep parentheses', `{{${'('.repeat(100_000)}1${')'.repeat(100_000)}}}`, /max expression depth exceeded/],
  ['deep branches', '{{if 1}}'.repeat(100_000), /max expression depth exceeded/],
  ['a long chain of else', `{{if 0}}${'{{else if 0}}'.repeat(100_000)}{{end}}`, /max expression depth exceeded/],
];

test('hostile templates end with an error', () => {
  for (const [name, source, expected] of HOSTILE) {
    assert.throws(
      () => executeTemplate(parseTemplate(source), circle),
      (error) => hasCode(error, 'INVALID_OPTION') && error instanceof Error && expected.test(error.message),
      name,
    );
  }
});

test('long templates take linear time', () => {
  const sources = [
    '{{'.repeat(100_000),
    `{{${' '.repeat(200_000)}`,
    `{{${'$x'.repeat(50_000)}`,
    '{{/*'.repeat(100_000),
    `{{"${'\\'.repeat(200_000)}`,
    `{{${'.a'.repeat(50_000)}}}`,
    '{{1}}'.repeat(50_000),
    '{{$x := 1}}'.repeat(2000),
    `${' '.repeat(200_000)}{{- 1}}`,
    `${'\n'.repeat(200_000)}{{nope}}`,
  ];
  const started = process.cpuUsage();
  for (const source of sources) {
    try {
      executeTemplate(parseTemplate(source), {});
    } catch (error) {
      assert.ok(hasCode(error, 'INVALID_OPTION'), String(error));
    }
  }
  assert.ok(process.cpuUsage(started).user < 20_000_000);
});

test('names that every object has are no fields', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.equal(executeTemplate(parseTemplate(`{{.${name}}}{{index . "${name}"}}`), {}), '<no value><no value>');
    assert.throws(() => parseTemplate(`{{${name}}}`), /function "\w+" not defined/);
  }
  assert.equal(executeTemplate(parseTemplate('{{json .}}'), JSON.parse('{"__proto__":1}')), '{"__proto__":1}');
  assert.equal(executeTemplate(parseTemplate('{{json .}}|'), circle), '|');
});
