import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanSize } from '#progress';
import { humanDuration, shortDuration } from './human.ts';

test('sizes as docker prints them', () => {
  const four: readonly (readonly [number, string])[] = [
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [36_412, '36.41kB'],
    [332_000, '332kB'],
    [3_002_000, '3.002MB'],
    [20_640_000, '20.64MB'],
    [30_000_000, '30MB'],
    [224_800_000, '224.8MB'],
    [999_999, '1000kB'],
    [1_500_000_000, '1.5GB'],
    [Number.MAX_SAFE_INTEGER, '9.007PB'],
  ];
  for (const [bytes, text] of four) assert.equal(humanSize(bytes), text);
  const three: readonly (readonly [number, string])[] = [
    [224_800_000, '225MB'],
    [1_982_000, '1.98MB'],
    [999_600, '1000kB'],
    [4_030_000, '4.03MB'],
  ];
  for (const [bytes, text] of three) assert.equal(humanSize(bytes, 3), text);
});

test("ages in docker's words", () => {
  const minute = 60;
  const hour = 3600;
  const day = 24 * hour;
  const cases: readonly (readonly [number, string])[] = [
    [-5, 'Less than a second'],
    [0.9, 'Less than a second'],
    [1, '1 second'],
    [26, '26 seconds'],
    [minute, 'About a minute'],
    [2 * minute - 1, 'About a minute'],
    [2 * minute, '2 minutes'],
    [hour - 1, '59 minutes'],
    [hour, 'About an hour'],
    [1.5 * hour - 1, 'About an hour'],
    [1.5 * hour, '2 hours'],
    [47 * hour, '47 hours'],
    [2 * day, '2 days'],
    [13 * day, '13 days'],
    [14 * day, '2 weeks'],
    [22 * day, '3 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [729 * day, '24 months'],
    [730 * day, '2 years'],
    [56 * 365 * day, '56 years'],
  ];
  for (const [seconds, text] of cases) assert.equal(humanDuration(seconds * 1000), text, String(seconds));
});

test('times to wait are short', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [7.2, '8s'],
    [80, '1m20s'],
    [7500, '2h5m'],
  ];
  for (const [seconds, text] of cases) assert.equal(shortDuration(seconds), text);
});
