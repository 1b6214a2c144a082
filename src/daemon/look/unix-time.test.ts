import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unixNanoseconds, unixSeconds } from './unix-time.ts';

const TIMES: readonly (readonly [time: string | undefined, seconds: number, nanoseconds: bigint | undefined])[] = [
  ['1970-01-01T00:00:01Z', 1, 1_000_000_000n],
  ['1970-01-01T00:00:01.5Z', 1, 1_500_000_000n],
  ['1970-01-01T00:00:01.000000001Z', 1, 1_000_000_001n],
  ['1970-01-01T00:00:01.0000000019Z', 1, 1_000_000_001n],
  ['1970-01-01T02:00:01.25+02:00', 1, 1_250_000_000n],
  ['1969-12-31T23:59:59.5Z', -1, -500_000_000n],
  ['0001-01-01T00:00:00Z', -62_135_596_800, -62_135_596_800_000_000_000n],
  ['9999-12-31T23:59:59.999999999Z', 253_402_300_799, 253_402_300_799_999_999_999n],
  [undefined, 0, undefined],
  ['', 0, undefined],
  ['yesterday', 0, undefined],
  ['2026-13-01T00:00:00Z', 0, undefined],
  [`2026-01-01T00:00:00.${'0'.repeat(100_000)}Z`, 1_767_225_600, 1_767_225_600_000_000_000n],
  ['2026'.repeat(50_000), 0, undefined],
];

test('times in RFC 3339 since 1970', () => {
  for (const [time, seconds, nanoseconds] of TIMES) {
    assert.equal(unixSeconds(time), seconds, time?.slice(0, 40));
    assert.equal(unixNanoseconds(time), nanoseconds, time?.slice(0, 40));
  }
});
