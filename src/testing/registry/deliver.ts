import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Delivery, Reply } from './reply.ts';

const CHUNK = 64 << 10;
/** A paced answer is written in so many pieces per second. */
const BEATS = 20;

export interface DeliverOptions {
  /** Told of bytes of the body when the connection has taken them. */
  readonly onSent: (bytes: number) => void;
  /** Aborts when the registry closes. */
  readonly signal: AbortSignal;
}

/** Sends an answer the way its delivery says. Resolves when nothing more will be sent, also when the other side has gone. */
export async function deliver(response: ServerResponse, answer: Reply, options: DeliverOptions): Promise<void> {
  const { delivery } = answer;
  const socket = response.socket;
  if (socket === null) return;
  if (delivery.delay !== undefined) await pause(delivery.delay, socket, options.signal);
  if (isNoAnswer(socket, delivery)) return;
  writeHead(response, answer);
  const bodiless = response.req.method === 'HEAD';
  if (!bodiless && !(await writeBody(response, socket, answer, options))) return;
  if (!bodiless && promisesMore(answer)) socket.end();
  else response.end();
}

/** True when the delivery is something else than an answer; it has been done then. */
function isNoAnswer(socket: Socket, delivery: Delivery): boolean {
  if (delivery.instead === 'hang-up') hangUp(socket, delivery);
  if (delivery.raw !== undefined) socket.end(delivery.raw);
  delivery.takeOver?.(socket);
  return delivery.instead !== undefined || delivery.raw !== undefined || delivery.takeOver !== undefined;
}

function writeHead(response: ServerResponse, answer: Reply): void {
  const { framing = 'length' } = answer.delivery;
  const head: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers))
    head[name] = typeof value === 'string' ? value : [...value];
  if (framing === 'length') head['content-length'] ??= String(answer.body.length);
  response.useChunkedEncodingByDefault = framing === 'chunked';
  if (framing === 'close') response.shouldKeepAlive = false;
  response.writeHead(answer.status, head);
  response.flushHeaders();
}

/** True when the whole body was written and the connection is as it should be. */
async function writeBody(
  response: ServerResponse,
  socket: Socket,
  answer: Reply,
  options: DeliverOptions,
): Promise<boolean> {
  const { body, delivery } = answer;
  const { cutAfter = Number.POSITIVE_INFINITY, stallAfter = Number.POSITIVE_INFINITY, rate } = delivery;
  const stop = Math.min(cutAfter, stallAfter, delivery.endless === true ? Number.POSITIVE_INFINITY : body.length);
  const most = rate === undefined ? CHUNK : Math.max(1, Math.min(CHUNK, Math.floor(rate / BEATS)));
  for (let sent = 0; sent < stop; ) {
    const at = body.length === 0 ? 0 : sent % body.length;
    const chunk = body.subarray(at, at + Math.min(most, stop - sent));
    if (!(await write(response, socket, chunk))) return false;
    sent += chunk.length;
    options.onSent(chunk.length);
    if (rate !== undefined) await pause((chunk.length / rate) * 1000, socket, options.signal);
  }
  if (cutAfter <= stop) hangUp(socket, delivery);
  return cutAfter > stop && stallAfter > stop;
}

/** Resolves when the connection has taken the chunk; false when it is gone. */
function write(response: ServerResponse, socket: Socket, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    if (socket.destroyed) return gone();
    socket.once('close', gone);
    // Not by 'drain': Node keeps chunks of a chunked answer back, and they would go down with a connection that is ended at once.
    response.write(chunk, (error) => {
      socket.off('close', gone);
      resolve(error === null || error === undefined);
    });
  });
}

function hangUp(socket: Socket, delivery: Delivery): void {
  if (delivery.reset === true) socket.resetAndDestroy();
  else socket.end();
}

/** A client that was promised more than came would wait for ever. */
function promisesMore(answer: Reply): boolean {
  return Number(answer.headers['content-length'] ?? 0) > answer.body.length;
}

/** Waits, but no longer than the connection and the registry live. */
async function pause(milliseconds: number, socket: Socket, signal: AbortSignal): Promise<void> {
  if (signal.aborted || socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    socket.once('close', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
