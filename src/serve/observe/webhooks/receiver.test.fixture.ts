import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Digest } from '#oci';
import type { Certificate } from '#testing';
import type { RegistryEvent } from '../port.ts';

export interface Heard {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Tags of the events in it. */
  readonly tags: readonly string[];
}

export type Answering = (response: ServerResponse, heard: Heard) => void;

export interface Receiver {
  readonly url: URL;
  readonly port: number;
  readonly heard: Heard[];
  /** Answers what comes from now on; 200 at first. */
  answer: Answering;
  /** Resolves when so many messages have come in all. */
  has(count: number): Promise<void>;
}

export const ok: Answering = (response) => void response.end();
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answering {
  return (response) => void response.writeHead(code, headers).end('no');
}

/** Somebody who is told of events, until the test ends. */
export async function startReceiver(
  t: TestContext,
  options: { port?: number; tls?: Certificate } = {},
): Promise<Receiver> {
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const heard: Heard[] = [];
  const receiver = { answer: ok };
  const hear = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { method, url: path, headers } = request;
      const one = { method, path, headers, body, tags: tagsOf(body) };
      heard.push(one);
      receiver.answer(response, one);
      for (const { count, resolve } of waiting) if (heard.length >= count) resolve();
    });
  };
  const { tls } = options;
  const server = tls === undefined ? createServer(hear) : createSecureServer({ key: tls.key, cert: tls.cert }, hear);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    port,
    heard,
    url: new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/hook?key=s3cret`),
    has: async (count: number) =>
      new Promise<void>((resolve) => {
        if (heard.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  });
}

function tagsOf(body: string): readonly string[] {
  const { events } = JSON.parse(body) as { events: { target: { tag: string } }[] };
  assert.ok(events.length > 0);
  return events.map(({ target }) => target.tag);
}

export const DIGEST: Digest = `sha256:${'a'.repeat(64)}`;

/** A manifest that was pushed under a tag. */
export function pushed(tag: string, change: Partial<RegistryEvent> = {}): RegistryEvent {
  return {
    action: 'push',
    kind: 'manifest',
    repository: 'lib/app',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: DIGEST,
    size: 422,
    tag,
    actor: 'alice',
    request: { id: 'r1', address: '192.0.2.1:99', host: 'reg:5000', method: 'PUT', userAgent: 'crane' },
    ...change,
  };
}
