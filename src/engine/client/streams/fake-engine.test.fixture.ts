import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { EngineConnection } from '../connection.ts';
import { openConnection } from '../open-connection.ts';

/** The head with which an engine hands its connection over. */
export const TAKEN = (type: string): string =>
  `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;

export interface FakeEngine {
  readonly connection: EngineConnection;
  /** `POST /containers/web/start`, in the order in which they came. */
  readonly requests: readonly string[];
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
}

export interface FakeEngineOptions {
  readonly version?: string;
  readonly answer?: (request: string, response: ServerResponse, body: string) => void;
  /** On a socket file in place of a port. */
  readonly unix?: boolean;
  readonly takeOver?: (socket: Socket, request: string) => void;
}

/** An engine that says what the test wants; it ends with the test. */
export async function startFakeEngine(t: TestContext, options: FakeEngineOptions): Promise<FakeEngine> {
  const { version = '1.51', answer, takeOver, unix = false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'dray-engine-'));
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method, url = '' }: IncomingMessage): string => {
    const request = `${method} ${url.replace(`/v${version}`, '')}`;
    requests.push(request);
    return request;
  };
  const server = createServer((message, response) => {
    const request = note(message);
    void text(message).then((body) => answer?.(request, response, body));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (message: IncomingMessage, socket: Socket) => takeOver?.(socket, note(message)));
  const path = join(folder, 'engine.sock');
  await new Promise<void>((resolve) => {
    if (unix) server.listen(path, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const host = typeof address === 'object' ? `tcp://127.0.0.1:${address?.port}` : `unix://${path}`;
  const connection = openConnection({ host, version });
  t.after(() => {
    connection.close();
    server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  });
  return { connection, requests, sockets };
}

/** What a client has said when it ends its half. Iterating would close the other half too. */
export function inputOf(socket: Socket): Promise<string> {
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => {
    if (socket.readableEnded) resolve(said);
    else socket.once('end', () => resolve(said));
  });
}
