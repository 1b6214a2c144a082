import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent } from '#progress';
import { talkLine } from './talk.ts';
import { writtenLine } from './written.ts';

const DIGEST = `sha256:665c25c2fd74${'0'.repeat(52)}` as const;

test("what is said beside docker's lines, by level", () => {
  const cases: readonly (readonly [ProgressEvent, string, string])[] = [
    [{ kind: 'warning', text: 'odd\u001b[2J' }, 'warn', 'WARNING: odd [2J'],
    [
      { kind: 'endpoint-failed', endpoint: 'https://mirror', reason: 'it is not there' },
      'info',
      'https://mirror failed (it is not there); asking the next endpoint',
    ],
    [
      { kind: 'request-retry', request: 'GET https://r/v2/', attempt: 2, delay: 1500, reason: '503' },
      'info',
      'GET https://r/v2/: 503; try 2 in 2s',
    ],
    [
      { kind: 'blob-retry', digest: DIGEST, role: 'layer', attempt: 1, delay: 200, received: 1_500_000, reason: 'cut' },
      'info',
      '665c25c2fd74: cut; try 1 at once, from 1.5MB on',
    ],
    [
      { kind: 'blob-retry', digest: DIGEST, role: 'layer', attempt: 1, delay: 0, received: 0, reason: 'wrong digest' },
      'info',
      '665c25c2fd74: wrong digest; try 1 at once, from the start',
    ],
    [{ kind: 'debug', text: 'x' }, 'debug', 'debug: x'],
  ];
  const levels = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
  for (const [event, level, line] of cases) {
    for (const shown of levels) {
      const expected = levels.indexOf(shown) <= levels.findIndex((each) => each === level) ? line : undefined;
      assert.equal(talkLine(event, shown), expected, `${event.kind} at ${shown}`);
    }
  }
  assert.equal(talkLine({ kind: 'notice', text: 'Using default tag: latest' }, 'debug'), undefined);
});

test('what to do with a file that was written', () => {
  const cases: readonly (readonly [string, 'docker-archive' | 'oci-archive' | 'oci-dir', string])[] = [
    ['alpine.tar', 'docker-archive', 'Wrote alpine.tar (3.4MB). Load it with: docker load -i alpine.tar'],
    ['my files/a.tar', 'docker-archive', "Wrote my files/a.tar (3.4MB). Load it with: docker load -i 'my files/a.tar'"],
    ["it's.tar", 'docker-archive', "Wrote it's.tar (3.4MB). Load it with: docker load -i 'it'\\''s.tar'"],
    ['-i.tar', 'docker-archive', 'Wrote -i.tar (3.4MB). Load it with: docker load -i ./-i.tar'],
    ['a.oci', 'oci-archive', 'Wrote a.oci (3.4MB). Load it with: podman load -i a.oci'],
    ['out', 'oci-dir', 'Wrote out (3.4MB). It is an OCI layout; copy it with: skopeo copy oci:out DESTINATION'],
  ];
  for (const [path, format, line] of cases) {
    assert.equal(writtenLine({ kind: 'output-written', path, format, size: 3_400_000 }), line);
  }
});
