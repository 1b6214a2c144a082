import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { startTestEngine } from '../engine.test.fixture.ts';
import { MessageStream } from './message-stream.ts';

const WAITING = [
  ['/auth', 'application/json'],
  ['/containers/create', 'application/json'],
  ['/images/load', 'application/x-tar'],
  ['/images/create?fromSrc=-', 'application/x-tar'],
  ['/build', 'application/x-tar'],
] as const;

test('clients that wait for a word before they send a body get it', async (t) => {
  const { socket } = await startTestEngine(t);
  for (const [path, type] of WAITING) {
    const headers = { 'content-type': type, 'content-length': '2', expect: '100-continue' };
    const sent = request({ socketPath: socket, method: 'POST', path, headers, agent: false });
    sent.flushHeaders();
    const early = once(sent, 'response').then(([{ statusCode }]) =>
      assert.fail(`${path}: ${statusCode} before the body`),
    );
    await Promise.race([once(sent, 'continue'), early]);
    early.catch(() => {});
    sent.end('{}');
    await once(sent, 'close');
  }
});

interface FakeResponse {
  destroyed: boolean;
  writableEnded: boolean;
  writableLength: number;
  readonly written: string[];
  write(text: string): void;
  destroy(): void;
}

/** An answer that nobody reads, and its messages. */
function unread(): { readonly response: FakeResponse; readonly messages: MessageStream } {
  const response: FakeResponse = {
    destroyed: false,
    writableEnded: false,
    writableLength: 0,
    written: [],
    write(text) {
      response.written.push(text);
      response.writableLength += text.length;
    },
    destroy() {
      response.destroyed = true;
    },
  };
  const end = (): void => {
    response.writableEnded = true;
  };
  return { response, messages: new MessageStream(response as never, { begin: () => {}, end }) };
}

test('a message behind the end of an answer is dropped', () => {
  const { response, messages } = unread();
  messages.write({ status: 'first' });
  messages.end();
  messages.write({ status: 'late' });
  assert.deepEqual(response.written, ['{"status":"first"}\r\n']);
});

test('a client that reads no messages is cut off before they take much memory', () => {
  const { response, messages } = unread();
  const message = { status: 'x'.repeat(1000) };
  for (let n = 0; n < 10_000; n += 1) messages.write(message);
  assert.equal(response.destroyed, false, 'a bit is kept for those who are slow');
  for (let n = 0; n < 10_000; n += 1) messages.write(message);
  assert.equal(response.destroyed, true);
  assert.ok(response.writableLength < 17 * 2 ** 20);
});
