/** What the tests of this folder share: a transport that follows a script, a clock that is held, servers on loopback. Holds no tests. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pour } from '#bytes';
import { cancelled } from '#errors';
import type { Clock } from '#timing';
import type { HttpBody, HttpHeaders, HttpRequest, HttpResponse, Transport } from '#transport';
import type { Endpoint, Keychain } from '../types.ts';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** How the connection ends behind the body. */
  readonly breaks?: Error;
  readonly url?: URL;
  readonly remoteAddress?: string;
}

export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Script {
  readonly transport: Transport;
  readonly seen: Seen[];
}

/** A transport whose answers are made by `answer`; it keeps what it was sent. */
export function scripted(
  answer: (seen: Seen, request: HttpRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Script {
  const seen: Seen[] = [];
  const transport: Transport = async (request) => {
    const sent = request.body?.();
    let body = '';
    if (sent instanceof Uint8Array) body = new TextDecoder().decode(sent);
    else if (sent !== undefined) for await (const chunk of sent) body += new TextDecoder().decode(chunk);
    const one = { method: request.method, url: request.url, headers: request.headers ?? {}, body };
    seen.push(one);
    // As real ones do, an answer comes later, and not after a cancel.
    await new Promise(setImmediate);
    if (request.signal?.aborted === true) throw cancelled(request.signal);
    return responseOf(await answer(one, request), request);
  };
  return { transport, seen };
}

function responseOf(answer: ScriptedAnswer, request: HttpRequest): HttpResponse {
  const { status = 200, headers = {}, body = '' } = answer;
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const all = (name: string): readonly string[] => [headers[name] ?? []].flat();
  const list: HttpHeaders = {
    all,
    get: (name) => (all(name).length === 0 ? undefined : all(name).join(', ')),
    entries: () => Object.keys(headers).map((name) => [name, all(name).join(', ')] as const),
  };
  async function* given(): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes;
    if (answer.breaks !== undefined) throw answer.breaks;
  }
  const content: HttpBody = {
    length: bytes.length,
    [Symbol.asyncIterator]: given,
    pour: (sink) => pour(given(), sink),
    discard: () => Promise.resolve(),
  };
  return { status, headers: list, url: answer.url ?? request.url, remoteAddress: answer.remoteAddress, body: content };
}

export interface HeldClock extends Clock {
  /** Lets time pass; sleepers wake. */
  pass(ms: number): Promise<void>;
}

export function heldClock(): HeldClock {
  let time = Date.UTC(2026, 0, 1);
  const sleepers = new Set<() => void>();
  return {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const until = time + ms;
        const wake = (): void => {
          if (time < until) return;
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', () => {
          sleepers.delete(wake);
          reject(cancelled(signal));
        });
      }),
    async pass(ms) {
      time += ms;
      for (const wake of [...sleepers]) wake();
      await new Promise(setImmediate);
    },
  };
}

export function endpointOf(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return { url, domain: new URL(url).host, mirror: false, ...more };
}

/** A keychain that keeps whom it was asked about. */
export function keychainOf(credentials: Readonly<Record<string, Awaited<ReturnType<Keychain>>>>): {
  keychain: Keychain;
  asked: string[];
} {
  const asked: string[] = [];
  const keychain: Keychain = async (host) => {
    asked.push(host);
    return credentials[host];
  };
  return { keychain, asked };
}

export const basicOf = (user: string): string => `Basic ${Buffer.from(user).toString('base64')}`;

export interface TestServer {
  readonly origin: string;
  readonly host: string;
  /** `METHOD path?query` with the Authorization header, in order. */
  readonly seen: { readonly line: string; readonly authorization: string | undefined; readonly body: string }[];
  close(): Promise<void>;
}

/** A server on loopback that keeps all that it is asked. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  address: string = '127.0.0.1',
): Promise<TestServer> {
  const seen: { line: string; authorization: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization, body });
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${address}:${port}`,
    host: `${address}:${port}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Writes `docker-credential-<suffix>` into a folder: a Node program with `action` (its argument) and `input` (all of its standard input).
 */
export function writeHelper(folder: string, suffix: string, program: string): void {
  const path = join(folder, `docker-credential-${suffix}`);
  writeFileSync(
    path,
    `#!${process.execPath}\nconst action = process.argv[2];\nconst input = require('node:fs').readFileSync(0, 'utf8');\n${program}\n`,
  );
  chmodSync(path, 0o755);
}
