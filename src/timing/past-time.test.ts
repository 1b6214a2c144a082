import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './go-duration.ts';
import { parsePastTime } from './past-time.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');

const TIMES: readonly (readonly [string, number | undefined])[] = [
  ['10m', NOW - 600_000],
  ['1h30m', NOW - 5_400_000],
  ['1.5h', NOW - 5_400_000],
  ['0s', NOW],
  ['1700000000', 1_700_000_000_000],
  ['1700000000.25', 1_700_000_000_250],
  ['2026-01-02T03:04:05Z', Date.parse('2026-01-02T03:04:05Z')],
  ['2026-01-02T03:04:05.5+01:00', Date.parse('2026-01-02T02:04:05.5Z')],
  ['2026-01-02T03Z', Date.parse('2026-01-02T03:00:00Z')],
  ['2026-01-02', new Date(2026, 0, 2).getTime()],
  ['2026-13-02', undefined],
  ['maybe', undefined],
  ['', undefined],
  ['NaN', undefined],
  ['-5', undefined],
  ['1e3', undefined],
  ['10', 10_000],
  ['10x', undefined],
  ['h', undefined],
  ['9'.repeat(400), undefined],
  [`${'9'.repeat(400)}h`, undefined],
];

test('times are read as docker’s filters take them', () => {
  for (const [text, expected] of TIMES) assert.equal(parsePastTime(text, NOW), expected, text);
});

test('durations are read as Go writes them', () => {
  assert.equal(parseGoDuration('1ms500us'), 2);
  for (const text of ['', '1', 's', '1 s', '1s ', '-1s', '1d']) assert.equal(parseGoDuration(text), undefined, text);
});
