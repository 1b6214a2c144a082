import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { checkServed, noFile, OUTPUTS, pull, pullUntil } from './pulled-again.ts';
import { MiB, SLOW_RATE, scene, several, totalOf } from './several.ts';

const total = totalOf(several);

describe('stopped by hand', { concurrency: 6 }, () => {
  for (const output of OUTPUTS) {
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      scene(
        `${signal} ends with ${status}, and the same command goes on, into ${output.name}`,
        async (open) => {
          const ended = await pullUntil(open, output, { signal, bytes: total / 2 });
          assert.equal(ended.status, status, ended.stderr);
          const error = JSON.parse(ended.stderr.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
          assert.equal(error['code'], 'CANCELLED');
          assert.match(String(error['hint']), /kept; the same command continues it/);
          noFile(open);
          const again = await pull(open, output);
          assert.equal(again.status, 0, again.stderr);
          output.check(open);
          checkServed(open);
          const { bytes } = open.registry.served;
          assert.ok(bytes < total + MiB, `${bytes} bytes served for ${total}`);
        },
        several,
        SLOW_RATE,
      );
    }
  }
});
