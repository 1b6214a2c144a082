import assert from 'node:assert/strict';
import type { Ended } from './run-dray.ts';

/** The most memory that the command may ever have, in bytes. */
export const MEMORY: number = 256 << 20;

/** It was over in time, kept its memory small and printed nothing that it should not, whatever came of it. */
export function checkManners({ stdout, stderr, late, peak }: Ended): void {
  const said = `${stdout}\n${stderr}`.slice(0, 5_000);
  assert.ok(!late, `not over in time: ${said}`);
  assert.ok(peak > 0 && peak <= MEMORY, `took ${peak} bytes of memory: ${said}`);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  for (const text of [stdout, stderr]) {
    assert.doesNotMatch(text, controls, 'a control character');
    assert.doesNotMatch(text, /^\s+at .+:\d+:\d+\)?$/m, 'a stack trace');
    assert.doesNotMatch(text, /bug of dray|UnhandledPromise|Warning: /);
  }
  assert.ok(stderr.length < 20_000, `${stderr.length} characters on stderr`);
}
