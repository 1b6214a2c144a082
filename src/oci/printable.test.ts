import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, quoted } from './printable.ts';

test('nothing that a terminal obeys is left', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['Zoë 🐳 日本', 'Zoë 🐳 日本'],
    ['\u001b[31mred\u001b[0m', ' [31mred [0m'],
    ['a\r\nb\tc', 'a b c'],
    ['\u0007bell\u0000', ' bell '],
    ['\u009b31m', ' 31m'],
    ['\u202egnp.exe', ' gnp.exe'],
    ['a\u2028b\u200bc\ufeff', 'a b c '],
    ['a\u061cb\u2060c\u2066d', 'a b c d'],
    ['half \ud83d', 'half  '],
    ['', ''],
  ];
  for (const [text, shown] of rows) assert.equal(printable(text), shown);
});

test('long text is cut between characters', () => {
  assert.equal(printable('abcdef', 3), 'abc…');
  assert.equal(printable('🐳🐳🐳🐳', 2), '🐳🐳…');
  assert.equal(printable('abc', 3), 'abc');
  assert.equal(printable('x'.repeat(1 << 20)).length, 121);
  assert.equal(quoted('a"b'), '"a"b"');
});
