import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBasic, readCredentials } from './credentials.ts';

const encoded = (bytes: string | Uint8Array): string => `Basic ${Buffer.from(bytes).toString('base64')}`;

test('schemes are told apart, in any case of letters', () => {
  const table: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'none'],
    ['', 'unusable'],
    ['Basic', 'unusable'],
    ['basic YTpi', 'basic'],
    ['BASIC YTpi', 'basic'],
    ['Bearer x', 'bearer'],
    ['bearer  x', 'bearer'],
    ['Bearer ', 'unusable'],
    ['Negotiate x', 'unusable'],
    [`Basic ${'a'.repeat(5000)}`, 'unusable'],
    [`Bearer ${'a'.repeat(25_000)}`, 'unusable'],
  ];
  for (const [header, scheme] of table) {
    assert.equal(readCredentials(header).scheme, scheme, String(header).slice(0, 20));
  }
});

test('what is no name and password is none', () => {
  assert.deepEqual(readBasic(encoded('alice:se:cret')), { user: 'alice', password: 'se:cret' });
  assert.deepEqual(readBasic(encoded('jürgen:pässword')), { user: 'jürgen', password: 'pässword' });
  const wrong = [
    encoded('alice'),
    encoded(':secret'),
    encoded('alice:'),
    encoded(':'),
    encoded(''),
    encoded(Buffer.from([0x61, 0xff, 0x3a, 0x62])),
    encoded('al\nice:secret'),
    encoded('alice:sec\0ret'),
    'Basic !!!!',
    'Basic YTpi YTpi',
    'Basic',
  ];
  for (const header of wrong) assert.equal(readBasic(header), undefined, header);
});
