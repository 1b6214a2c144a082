import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDray, type Dray, type DrayOptions } from '#dray';
import type { EngineEvent } from '#engine';
import { startEngineServer } from './start-engine-server.ts';

export interface TestEngine {
  readonly folder: string;
  readonly socket: string;
  /** For DOCKER_HOST. */
  readonly host: string;
  /** The engine's own store, to change it behind its back. */
  readonly dray: Dray;
  ask(method: string, path: string, options?: AskOptions): Promise<TestAnswer>;
  close(): Promise<number>;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** A test, or the end of a file's tests as `{ after }`. */
export interface TestEnd {
  after(end: () => Promise<void>): void;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** Throws where the body is no JSON. */
  json(): unknown;
  /** The objects of a stream, one a line. */
  lines(): readonly Readonly<Record<string, unknown>>[];
}

/** An engine over a store of its own, on a socket in a folder of its own; all of it ends with the test. */
export async function startTestEngine(t: TestEnd, options: DrayOptions = {}): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-engine-'));
  const dray = createDray({ root: join(folder, 'store'), env: {}, anonymous: true, sync: false, ...options });
  const socket = join(folder, 'engine.sock');
  const server = await startEngineServer({ dray, version: '0.0.0-test', address: { kind: 'unix', path: socket } });
  const close = (): Promise<number> => server.close({ timeout: 1000 });
  t.after(async () => {
    await close();
    await dray.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, socket, host: server.host, dray, close, ask: (...asked) => ask(socket, ...asked) };
}

/** What has happened in an engine so far. */
export async function happened(engine: TestEngine): Promise<readonly EngineEvent[]> {
  const { text } = await engine.ask('GET', `/events?since=0&until=${Date.now() / 1000 + 0.001}`);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EngineEvent);
}

async function ask(
  socketPath: string,
  method: string,
  path: string,
  { headers = {}, body }: AskOptions = {},
): Promise<TestAnswer> {
  const sent = request({ socketPath, method, path, headers, agent: false });
  const answered = new Promise<TestAnswer>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text,
          json: () => JSON.parse(text) as unknown,
          lines: () =>
            text
              .split('\r\n')
              .filter(Boolean)
              .map((line) => JSON.parse(line) as Record<string, unknown>),
        });
      });
    });
  });
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    for await (const chunk of body) if (!sent.write(chunk)) await new Promise((done) => sent.once('drain', done));
    sent.end();
  } else sent.end(body);
  return answered;
}
