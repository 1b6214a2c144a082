import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { parseTokenAnswer } from './token-answer.ts';

const parse = (body: unknown): ReturnType<typeof parseTokenAnswer> =>
  parseTokenAnswer(new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)), 'the answer');

test('tokens by both names', () => {
  assert.equal(parse({ token: 'abc' }).token, 'abc');
  assert.equal(parse({ access_token: 'abc' }).token, 'abc');
  assert.equal(parse({ token: 'abc', access_token: 'def' }).token, 'def');
  assert.equal(parse({ token: 'abc', access_token: '' }).token, 'abc');
  assert.equal(parse({ token: 'abc', access_token: null }).token, 'abc');
});

test('life of a token: 60 s by default and at least', () => {
  const cases: readonly [unknown, number][] = [
    [undefined, 60],
    [300, 300],
    [5, 60],
    [0, 60],
    [-1, 60],
    ['300', 300],
    ['soon', 60],
    [null, 60],
    [{}, 60],
    [1e300, 86_400],
  ];
  for (const [given, lifetime] of cases)
    assert.equal(parse({ token: 'a', expires_in: given }).lifetime, lifetime, String(given));
});

test('when a token was issued', () => {
  assert.equal(parse({ token: 'a', issued_at: '2026-01-02T03:04:05Z' }).issuedAt, Date.UTC(2026, 0, 2, 3, 4, 5));
  for (const odd of [undefined, 5, 'yesterday', ''])
    assert.equal(parse({ token: 'a', issued_at: odd }).issuedAt, undefined);
});

test('identity tokens', () => {
  assert.equal(parse({ token: 'a', refresh_token: 'r' }).identityToken, 'r');
  for (const odd of [undefined, 5, ''])
    assert.equal(parse({ token: 'a', refresh_token: odd }).identityToken, undefined);
});

const refused: readonly [what: string, body: unknown][] = [
  ['nothing', ''],
  ['a web page', '<html>hunter2</html>'],
  ['half of an object', '{"token":"hunter2"'],
  ['a token alone', '"hunter2"'],
  ['null', 'null'],
  ['a list', ['hunter2']],
  ['no token', { tokens: 'hunter2' }],
  ['an empty token', { token: '', access_token: '' }],
  ['a number', { token: 5 }],
  ['a list in place of a token', { token: ['hunter2'] }],
  ['an object in place of a token', { token: { hunter2: 1 } }],
  ['a line break', { token: 'hunter2\r\nX-Evil: 1' }],
  ['a control character', { token: 'hunter2\u0000' }],
  ['a space', { token: 'hunter2 x' }],
  ['letters beyond ASCII', { token: 'hunter2\u00e9' }],
  ['a bad one that wins', { token: 'good', access_token: 'hunter2\n' }],
];

for (const [what, body] of refused) {
  test(`no token in ${what}`, () => {
    assert.throws(
      () => parse(body),
      (error) =>
        hasCode(error, 'TOKEN_REFUSED') &&
        !JSON.stringify([error.message, error.detail, String(error.cause)]).includes('hunter2'),
    );
  });
}
