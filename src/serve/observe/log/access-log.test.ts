import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerRecord, RegistryEvent } from '../port.ts';
import { createAccessLog } from './access-log.ts';
import type { LineSink } from './line-sink.ts';

const clock = { now: () => Date.UTC(2026, 10, 21, 15, 47, 21, 24) };
const DIGEST = `sha256:${'0'.repeat(64)}` as const;

const RECORD: AnswerRecord = {
  facts: { id: 'r1', address: '192.0.2.7:1234', host: 'reg.example', method: 'GET', userAgent: 'crane/0.20' },
  url: '/v2/lib/app/manifests/1',
  route: 'manifest',
  repository: 'lib/app',
  actor: 'alice',
  status: 200,
  sent: 422,
  received: 0,
  duration: 0.73402,
  aborted: false,
};
const EVENT: RegistryEvent = {
  action: 'push',
  kind: 'manifest',
  repository: 'lib/app',
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: DIGEST,
  size: 422,
  tag: '1',
  actor: 'alice',
  request: RECORD.facts,
};

function collector(): LineSink & { readonly lines: string[] } {
  const lines: string[] = [];
  const done = async (): Promise<void> => {};
  return { lines, dropped: 0, write: (line) => void lines.push(line), reopen: () => {}, flush: done, close: done };
}

function linesOf(format: 'json' | 'combined', ...records: readonly AnswerRecord[]): readonly string[] {
  const sink = collector();
  const log = createAccessLog({ format, sink, clock });
  for (const record of records) log.answered?.(record);
  return sink.lines;
}

test('a request is one object', () => {
  const [line = ''] = linesOf('json', RECORD);
  assert.deepEqual(JSON.parse(line), {
    time: '2026-11-21T15:47:21.024Z',
    level: 'info',
    msg: 'request',
    id: 'r1',
    method: 'GET',
    url: '/v2/lib/app/manifests/1',
    route: 'manifest',
    repository: 'lib/app',
    status: 200,
    sent: 422,
    received: 0,
    duration_ms: 0.734,
    remote: '192.0.2.7:1234',
    host: 'reg.example',
    user_agent: 'crane/0.20',
    actor: 'alice',
  });
  const [broken = ''] = linesOf('json', {
    ...RECORD,
    status: 503,
    aborted: true,
    repository: undefined,
    actor: undefined,
  });
  const { level, aborted, repository, actor } = JSON.parse(broken);
  assert.deepEqual([level, aborted, repository, actor], ['error', true, undefined, undefined]);
});

test('the text form is what distribution prints', () => {
  const facts = { ...RECORD.facts, address: '[2001:db8::1]:443', userAgent: 'a"b\\c' };
  assert.deepEqual(linesOf('combined', RECORD, { ...RECORD, facts, actor: undefined, url: '/v2/_catalog?token=abc' }), [
    '192.0.2.7 - alice [21/Nov/2026:15:47:21 +0000] "GET /v2/lib/app/manifests/1 HTTP/1.1" 200 422 "" "crane/0.20"',
    '2001:db8::1 - - [21/Nov/2026:15:47:21 +0000] "GET /v2/_catalog?token=*** HTTP/1.1" 200 422 "" "a\\"b\\\\c"',
  ]);
});

test('pushes, pulls and deletes have lines of their own; blobs only where no request tells it', () => {
  const sink = collector();
  const log = createAccessLog({ format: 'json', sink, clock });
  const blob = { ...EVENT, kind: 'blob', tag: undefined } as const;
  const look = { ...EVENT, action: 'pull', request: { ...RECORD.facts, method: 'HEAD' } } as const;
  const gone = { ...EVENT, action: 'delete', kind: 'tag', mediaType: '', digest: undefined, size: undefined } as const;
  for (const event of [EVENT, look, blob, { ...blob, action: 'mount', fromRepository: 'x' } as const, gone])
    log.happened?.(event);
  const common = { time: '2026-11-21T15:47:21.024Z', level: 'info', id: 'r1', repository: 'lib/app' };
  const who = { remote: '192.0.2.7:1234', actor: 'alice' };
  const content = { digest: DIGEST, media_type: EVENT.mediaType, size: 422 };
  assert.deepEqual(
    sink.lines.map((line) => JSON.parse(line) as unknown),
    [
      { ...common, msg: 'push', kind: 'manifest', tag: '1', ...content, ...who },
      { ...common, msg: 'mount', kind: 'blob', ...content, from: 'x', ...who },
      { ...common, msg: 'delete', kind: 'tag', tag: '1', ...who },
    ],
  );
  const silent = createAccessLog({ format: 'json', sink, events: false });
  assert.equal(silent.happened, undefined);
});

const HOSTILE: readonly string[] = [
  'x\n127.0.0.1 - admin [..] "DELETE',
  'x\r\nlevel=error',
  'x"} {"status":200',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u009b31mred',
  'a\u2028b\u2029c\u0085d',
  'abc\u202Etxt.exe\u2066',
  'zero\u200bwidth\ufeff',
  '\ud800 half',
  '\u0000\u007f\u00ad',
  '\\',
  '\\"',
  'ä€😀',
  'x'.repeat(100_000),
];
/** Anything that ends a line, moves a cursor or hides what it says. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u200b-\u200f\u2060-\u206f\ufeff]/u;

test('what clients write stays on its line, in its field', () => {
  for (const text of HOSTILE) {
    const facts = { id: text, address: text, host: text, method: text, userAgent: text };
    const record = { ...RECORD, facts, url: `/v2/${text}`, route: text, repository: text, actor: text };
    const [json = ''] = linesOf('json', record);
    assert.doesNotMatch(json, UNFIT);
    const read = JSON.parse(json);
    assert.equal(Object.keys(read).length, 16);
    const whole = text.length > 512 ? `${text.slice(0, 512)}…` : text;
    assert.deepEqual([read.user_agent, read.actor, read.status], [whole, whole, 200]);
    assert.ok(json.length < 10_000);

    const [combined = ''] = linesOf('combined', record);
    assert.doesNotMatch(combined, UNFIT);
    assert.match(combined, /^\S+ - \S+ \[[^\]]+\] "(?:[^"\\]|\\.)*" 200 422 "" "(?:[^"\\]|\\.)*"$/u);
    assert.ok(combined.length < 10_000);
  }
});
