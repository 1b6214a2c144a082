import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ProgressEvent } from '#progress';
import { noteRequest } from './note-request.ts';

/** A server that notes each request, and is told by the path what to do; `next` gives what it notes. */
async function noting(t: TestContext): Promise<{ readonly port: number; next(): Promise<string> }> {
  const notes: string[] = [];
  const waiting: ((note: string) => void)[] = [];
  const onEvent = (event: ProgressEvent): void => {
    assert.equal(event.kind, 'debug');
    const take = waiting.shift();
    if (take === undefined) notes.push(event.text);
    else take(event.text);
  };
  const server = createServer((message, response) => {
    noteRequest(message, response, onEvent);
    if (message.url === '/cut') response.write('a', () => response.destroy());
    else if (message.url === '/nothing') response.destroy();
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    port,
    next: async () => notes.shift() ?? new Promise<string>((resolve) => void waiting.push(resolve)),
  };
}

const NOTES: readonly (readonly [string, RegExp])[] = [
  ['/v1.50/images/a/b:1/json', /^GET \/v1\.50\/images\/a\/b:1\/json: 404 \(\d+ ms\)$/],
  ['/images/create?fromImage=host%2Fa&tag=1', /^GET \/images\/create\?fromImage=host\/a&tag=1: 404 /],
  ['/images/create?fromSrc=http%3A%2F%2Fme%3Asecret%40host&repo=a', /\?fromSrc=…&repo=a: 404 /],
  ['/build?buildargs=%7B%22TOKEN%22%3A%22secret%22%7D&t=a', /\?buildargs=…&t=a: 404 /],
  ['/images/create?fromSrc=-&changes=ENV%20A=secret&repo=a', /\?fromSrc=…&changes=…&repo=a: 404 /],
  ['/a?b=%1b%5B31m%0adebug:%20not%20mine', /^GET \/a\?b=[!-~]*(?: [!-~]+)*: 404 /],
  ['/cut', /^GET \/cut: 200, cut off /],
  ['/nothing', /^GET \/nothing: no answer, cut off /],
];

test('each request is told of, with what became of it and without secrets', async (t) => {
  const { port, next } = await noting(t);
  for (const [path, note] of NOTES) {
    const sent = request({ port, host: '127.0.0.1', path, agent: false });
    sent.on('error', () => {}).on('response', (answer: IncomingMessage) => answer.on('error', () => {}).resume());
    sent.end();
    assert.match(await next(), note, path);
  }
});
