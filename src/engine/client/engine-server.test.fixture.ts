import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server as RawServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { readAll } from '#bytes';
import { DrayError, type ErrorCode } from '#errors';
import type { EngineAnswer, EngineConnection, EngineRequest } from './connection.ts';
import type { EngineOptions } from './engine-options.ts';
import { openConnection } from './open-connection.ts';

export interface TestServer {
  /** For `EngineOptions.host`. */
  readonly host: string;
  readonly path: string;
  /** `GET /path`, in the order in which they came. */
  readonly asked: string[];
  /** All connections there were. */
  readonly sockets: Socket[];
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An HTTP server on a socket of its own. */
export function startServer(t: TestContext, handle: RequestListener): Promise<TestServer> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`);
    handle(request, response);
  });
  return listening(t, server, asked);
}

/** A server that speaks whatever `talk` makes of it. */
export function startRawServer(t: TestContext, talk: (socket: Socket) => void): Promise<TestServer> {
  return listening(t, createRawServer({ allowHalfOpen: true }, talk), []);
}

async function listening(t: TestContext, server: Server | RawServer, asked: string[]): Promise<TestServer> {
  const path = join(await temporaryFolder(t), 'engine.sock');
  const sockets = await listen(t, server, path);
  return { host: `unix://${path}`, path, asked, sockets };
}

/** Listens on a path, or on a port that the system chooses on loopback; ends with the test. */
export async function listen(t: TestContext, server: Server | RawServer, path?: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return sockets;
}

export const portOf = (server: Server | RawServer): number => (server.address() as AddressInfo).port;

/** A connection that ends with the test. */
export function connectTo(t: TestContext, options: EngineOptions): EngineConnection {
  const connection = openConnection(options);
  t.after(() => connection.close());
  return connection;
}

/** The head of a request, and what came with it. */
export function requestHead(socket: Socket, act: (head: string, rest: Buffer) => void): void {
  let kept = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    kept = Buffer.concat([kept, chunk]);
    const end = kept.indexOf('\r\n\r\n');
    if (end < 0) return;
    socket.off('data', take);
    act(kept.toString('latin1', 0, end), kept.subarray(end + 4));
  };
  socket.on('data', take);
}

/** All that is read, when the other side has ended; not by iteration, which may close the other half as well. */
export function ending(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks).toString()));
    stream.on('error', reject);
  });
}

/** Resolves when `condition` holds, which has to be soon; the test ends by its own limit otherwise. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export const get = (path: string): EngineRequest => ({ method: 'GET', path });

export const textOf = async ({ body }: EngineAnswer): Promise<string> =>
  Buffer.from(await readAll(body, 1e8, 'it')).toString();

/** Passes for a DrayError with this code, whose message and hint have `words`. */
export function failure(code: ErrorCode, words: RegExp = /./): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DrayError, String(error));
    const text = `${error.message}\n${error.hint ?? ''}`;
    assert.equal(error.code, code, text);
    assert.match(text, words);
    assert.ok(!text.includes('\u001b') && !text.includes('s3cret'), text);
    return true;
  };
}
