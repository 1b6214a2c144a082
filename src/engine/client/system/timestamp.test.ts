import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { type Moment, timestamp } from './timestamp.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');

test('a moment in every form becomes seconds since 1970', () => {
  const rows: readonly (readonly [moment: Moment, seconds: string])[] = [
    [new Date(NOW), '1777636800'],
    [new Date(NOW + 250), '1777636800.25'],
    [1777636800, '1777636800'],
    [0, '0'],
    [1.5, '1.5'],
    ['1777636800', '1777636800'],
    ['1777636800.123456789', '1777636800.123456789'],
    ['0s', '1777636800'],
    ['1h', '1777633200'],
    ['1h30m', '1777631400'],
    ['1.5h', '1777631400'],
    ['500ms', '1777636799.5'],
    ['2026-05-01T12:00:00Z', '1777636800'],
    ['2026-05-01T12:00Z', '1777636800'],
    ['2026-05-01T14:00:00.5+02:00', '1777636800.5'],
    ['2026-05-01', String(new Date(2026, 4, 1).getTime() / 1000)],
    ['2026-05-01T12:00:00', String(new Date(2026, 4, 1, 12).getTime() / 1000)],
  ];
  for (const [moment, seconds] of rows) assert.equal(timestamp(moment, NOW), seconds, String(moment));
  assert.equal(timestamp(undefined, NOW), undefined);
});

test('what is no moment is refused', () => {
  const moments = ['', ' ', 'now', '1d', '1h ', '-1h', '-5', '2026-13-01', '2026-5-1', '9'.repeat(40), 'h'.repeat(1e5)];
  for (const moment of [...moments, Number.NaN, -1, Number.POSITIVE_INFINITY, new Date(Number.NaN)]) {
    assert.throws(
      () => timestamp(moment, NOW),
      (error) => hasCode(error, 'INVALID_OPTION'),
      String(moment).slice(0, 50),
    );
  }
});
