import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createEngine, type Engine } from '../create-engine.ts';
import { OUTCOMES, SAME } from './replay-outcomes.test.fixture.ts';

/** What the docker command and a dockerd have said to each other. */
interface Recorded {
  readonly name: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON that was sent. */
  readonly sent?: string;
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const folder = new URL('../../../../test/golden/engine-api/', import.meta.url);
const RECORDED = JSON.parse(readFileSync(new URL('exchanges.json', folder), 'utf8')) as readonly Recorded[];
/** Of the docker command that was recorded. */
const VERSION = '1.50';

interface Asked {
  readonly request: IncomingMessage;
  readonly sent: string;
}

/** An engine that knows one answer; in chunks of odd sizes, so that no message comes as it was written. */
async function engineWith(t: TestContext, recorded: Recorded): Promise<{ engine: Engine; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let sent = '';
    request.on('data', (chunk) => (sent += String(chunk)));
    request.on('end', () => {
      asked.push({ request, sent });
      response.writeHead(recorded.status, { 'content-type': recorded.type, 'api-version': VERSION });
      for (let at = 0; at < recorded.body.length; at += 100) response.write(recorded.body.slice(at, at + 100));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const engine = createEngine({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, version: VERSION });
  t.after(() => {
    engine.close();
    server.close();
    server.closeAllConnections();
  });
  return { engine, asked };
}

for (const name of new Set(RECORDED.map((recorded) => recorded.name))) {
  test(`what docker asked is asked, and the answer understood: ${name}`, async (t) => {
    const recordings = RECORDED.filter((recorded) => recorded.name === name);
    const outcomes = OUTCOMES[name] ?? [];
    assert.equal(outcomes.length, recordings.length);
    for (const [at, recorded] of recordings.entries()) {
      const [call, expected] = outcomes[at] ?? assert.fail();
      const { engine, asked } = await engineWith(t, recorded);
      const result = await call(engine).catch((error: unknown) => error);
      assert.equal(asked.length, 1, String(result));
      sameRequest(asked[0] ?? assert.fail(), recorded);
      if (typeof expected === 'function') expected(result);
      else assert.deepEqual(result, expected === SAME ? JSON.parse(recorded.body) : expected);
    }
  });
}

function sameRequest({ request, sent }: Asked, recorded: Recorded): void {
  assert.equal(request.method, recorded.method);
  const [path, query] = (request.url ?? '').split('?');
  const [recordedPath, recordedQuery] = recorded.target.split('?');
  assert.equal(path, recordedPath);
  assert.deepEqual(parameters(query), parameters(recordedQuery));
  const { headers } = request;
  for (const header of ['x-registry-auth', 'x-registry-config', 'content-type']) {
    assert.equal(headers[header], recorded.headers[header], header);
  }
  if (recorded.sent !== undefined) assert.equal(sent, recorded.sent);
  else assert.equal(sent, recorded.headers['content-type'] === undefined ? '' : 'a tar archive');
}

const parameters = (query = ''): readonly (readonly [string, string])[] =>
  [...new URLSearchParams(query)].sort(([a], [b]) => a.localeCompare(b));
