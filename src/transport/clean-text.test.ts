import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanText } from './clean-text.ts';
import { publicUrl } from './public-url.ts';

test('controls, escape sequences and turns of direction go, words stay', () => {
  for (const [dirty, clean] of [
    ['plain é 漢字 😀', 'plain é 漢字 😀'],
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['a\u009b31mb', 'ab'],
    ['a\u001b]0;title\u0007b', 'ab'],
    ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['a\u001b]0;never ends', 'a'],
    ['a\u001bPq\u001b\\b', 'ab'],
    ['a\u001bcb', 'ab'],
    ['a\u001b', 'a'],
    ['one\r\ntwo\tthree\u0000four', 'one two three four'],
    ['\u2028a\u2029b', 'a b'],
    ['abc\u202efed', 'abc fed'],
    ['a\u2066b\u2069', 'a b'],
    ['a\u200bb\ufeff', 'a b'],
    ['\ud800half', 'half'],
    ['  a   b  ', 'a b'],
    ['', ''],
  ] as const) {
    assert.equal(cleanText(dirty), clean, JSON.stringify(dirty));
  }
});

test('text is cut to the limit with an ellipsis, never through a character', () => {
  assert.equal(cleanText('x'.repeat(200)).length, 200);
  assert.equal(cleanText('x'.repeat(201)), `${'x'.repeat(199)}…`);
  assert.equal(cleanText('abcdef', 4), 'abc…');
  assert.equal(cleanText('ab😀cd', 4), 'ab…');
  assert.equal(cleanText(`${'\u0000'.repeat(10_000)}hidden`, 10), '…');
});

test('a public URL has no user, query or fragment', () => {
  assert.equal(
    publicUrl(new URL('https://u:p@h.example:5000/v2/a%20b?token=secret#x')),
    'https://h.example:5000/v2/a%20b',
  );
  assert.equal(publicUrl(new URL('http://[::1]/')), 'http://[::1]/');
  assert.ok(publicUrl(new URL(`http://h/${'x'.repeat(9000)}`)).length <= 300);
});
