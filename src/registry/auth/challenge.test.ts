import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';

/** Challenges as `scheme name=value …`, which is easy to read in a table. */
const shown = (...values: string[]): string[] =>
  parseChallenges(values).map(({ scheme, parameters, token68 }) =>
    [scheme, ...(token68 === undefined ? [] : [`<${token68}>`]), ...[...parameters].map(([k, v]) => `${k}=${v}`)].join(
      ' | ',
    ),
  );

const cases: readonly [what: string, values: string[], expected: string[]][] = [
  ['nothing', [], []],
  ['an empty value', [''], []],
  [
    'Docker Hub',
    ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull"'],
    ['bearer | realm=https://auth.docker.io/token | service=registry.docker.io | scope=repository:library/alpine:pull'],
  ],
  ['a scheme alone', ['Basic'], ['basic']],
  [
    'several actions: commas in quotes',
    ['Bearer scope="repository:a:pull,push"'],
    ['bearer | scope=repository:a:pull,push'],
  ],
  ['escapes in quotes', ['Basic realm="a \\"b\\" \\\\ c"'], ['basic | realm=a "b" \\ c']],
  [
    'two in one line',
    ['Basic realm="a", Bearer realm="b",service=s'],
    ['basic | realm=a', 'bearer | realm=b | service=s'],
  ],
  ['two lines', ['Bearer realm="b"', 'Basic realm="a"'], ['bearer | realm=b', 'basic | realm=a']],
  ['odd case', ['BEARER Realm="x",SERVICE="Y"'], ['bearer | realm=x | service=Y']],
  ['odd spacing', ['  Bearer   realm = "x" ,\t service= y ,, '], ['bearer | realm=x | service=y']],
  ['no commas', ['Bearer realm="x" service="y"'], ['bearer | realm=x | service=y']],
  ['semicolons', ['Bearer realm="x"; service="y"'], ['bearer | realm=x | service=y']],
  [
    'a URL without quotes',
    ['Bearer realm=https://a.b/token,service=s'],
    ['bearer | realm=https://a.b/token | service=s'],
  ],
  ['token68', ['Negotiate YIIB+/==, Basic realm="x"'], ['negotiate | <YIIB+/==>', 'basic | realm=x']],
  ['a scheme after a scheme', ['Negotiate, Basic realm="x"'], ['negotiate', 'basic | realm=x']],
  ['a scheme after a scheme, no comma', ['Bearer Basic realm="x"'], ['bearer', 'basic | realm=x']],
  ['a parameter twice: the first', ['Bearer realm="a",realm="b",Realm="c"'], ['bearer | realm=a']],
  ['a parameter without a value', ['Bearer service="s", realm=, x=y'], ['bearer | service=s | realm= | x=y']],
  ['parameters without a scheme', ['realm="x", Basic realm="y"'], ['basic | realm=y']],
  ['a quote that does not end', ['Bearer service="s", realm="https://a'], ['bearer | service=s']],
  ['garbage', ['(((,"",=== Basic realm="x"'], ['basic | realm=x']],
  ['a name from Object', ['Bearer __proto__="x",constructor="y"'], ['bearer | __proto__=x | constructor=y']],
];

for (const [what, values, expected] of cases) {
  test(`challenges: ${what}`, () => assert.deepEqual(shown(...values), expected));
}

test('challenges: 8 KiB in all are read, and no more', () => {
  const line = `Bearer realm="${'x'.repeat(5000)}"`;
  assert.equal(parseChallenges([line]).length, 1);
  assert.equal(parseChallenges([line])[0]?.parameters.get('realm')?.length, 5000);
  assert.equal(
    parseChallenges([line, line, line]).length,
    2,
    'the second is cut off in its value, the third is not seen',
  );
  assert.equal(parseChallenges([line, line])[1]?.parameters.has('realm'), false);
  assert.deepEqual(parseChallenges([`${' '.repeat(8192)}Basic`]), []);
});

test('challenges: what is written is read again', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const value = fc.string({ unit: fc.constantFrom(...' abz019,="\\:/;()\u00e9'), maxLength: 20 });
  const challenge = fc.record({
    scheme: token,
    parameters: fc.uniqueArray(fc.tuple(token, value), { selector: ([name]) => name, minLength: 1, maxLength: 4 }),
  });
  const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 4 }), fc.boolean(), (challenges, oneLine) => {
      const lines = challenges.map(
        ({ scheme, parameters }) =>
          `${scheme} ${parameters.map(([name, text]) => `${name}=${quote(text)}`).join(', ')}`,
      );
      const read = parseChallenges(oneLine ? [lines.join(', ')] : lines);
      assert.deepEqual(
        read.map(({ scheme, parameters }) => ({ scheme, parameters: [...parameters] })),
        challenges.map(({ scheme, parameters }) => ({ scheme, parameters })),
      );
    }),
  );
});

test('challenges: hostile lines neither throw nor take long', () => {
  const hostile = fc.array(fc.string({ unit: fc.constantFrom(...'aB= ,;"\\\t\u0000~/+'), maxLength: 300 }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(hostile, (values) => {
      for (const { scheme, parameters } of parseChallenges(values)) {
        assert.match(scheme, /^[!-~]+$/);
        assert.ok([...parameters.values()].every((value) => typeof value === 'string'));
      }
    }),
  );
  const began = process.cpuUsage();
  for (const piece of ['"', '\\', '"\\', 'a ', 'a=', ' ', 'a="', 'a b ', '=', ',', 'a =', 'a/'])
    parseChallenges([piece.repeat(8192), `Bearer ${piece.repeat(8192)}`]);
  parseChallenges([`a ${'b'.repeat(8000)} "`, `a b${' '.repeat(8000)}"`]);
  assert.ok(process.cpuUsage(began).user < 10_000_000);
});
