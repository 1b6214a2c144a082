import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextLink } from './link.ts';

const cases: readonly (readonly [header: string | undefined, expected: string | undefined])[] = [
  ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
  ['<http://h/x>; rel=next', 'http://h/x'],
  ['<a>; rel="prev", <b>; rel="next"', 'b'],
  ['<a>; title="x, <c>; rel=\\"next"; rel="prev", <b>; rel="last next"', 'b'],
  ['<a,b;c>;REL="NEXT"', 'a,b;c'],
  ['<a>;rel = "next"', 'a'],
  ['<a>; rel="next"; title="<z>"', 'a'],
  ['<>; rel="next"', ''],
  ['<a>; rel="nextpage"', undefined],
  ['<a>; rel="prev"', undefined],
  ['<a>; rel="prev", <b>', 'b'],
  ['<a>, <b>; rel="next"', 'b'],
  ['<a>; norel="next"', 'a'],
  ['<a>; title="x; rel=next"', 'a'],
  ['<a>', 'a'],
  ['a; rel="next"', 'a'],
  [' a ', 'a'],
  ['a; rel="prev"', undefined],
  ['<a; rel="next"', 'a'],
  ['; rel="next"', undefined],
  ['', undefined],
  [undefined, undefined],
];

describe('nextLink', () => {
  for (const [header, expected] of cases) {
    it(JSON.stringify(header) ?? 'nothing', () => assert.equal(nextLink(header), expected));
  }

  it('takes linear time', () => {
    for (const part of ['<', '<a>;', '<a>,', ' ', '"', ';rel=']) {
      assert.notEqual(nextLink(part.repeat(65_536 / part.length)), 'x');
    }
  });
});
