import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignTabs } from './index.ts';

test('columns are as wide as their longest cell and three more, ten at least', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['no tabs\n', 'no tabs\n'],
    ['ID\tNAME\n1\tx\n', 'ID        NAME\n1         x\n'],
    ['ID\tNAME\n12345678\tx\n', 'ID         NAME\n12345678   x\n'],
    ['a\t\tb\nc\td\te', 'a                   b\nc         d         e'],
    ['é\tx\néééééééé\ty\n', 'é          x\néééééééé   y\n'],
    // a line without the tab ends the column
    ['123456789\tx\nplain\n1\ty\n', '123456789   x\nplain\n1         y\n'],
    ['a\t\nb\t\n', 'a         \nb         \n'],
  ];
  for (const [text, expected] of cases) assert.equal(alignTabs(text), expected, JSON.stringify(text));
});
