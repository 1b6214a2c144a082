import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Duplex } from 'node:stream';
import { cancelled, DrayError, throwIfCancelled } from '#errors';
import { type Framing, framingOf, HeadReader, Malformed, onAbort, parseHead, type ResponseHead } from '#transport';
import type { TakenOver } from './connection.ts';
import { brokenExchange, refusedBy, wantsTls } from './engine-failure.ts';
import type { Exchange } from './exchange.ts';
import { Silence } from './silence.ts';

const REFUSAL = 65_536;

/**
 * Asks for a connection of its own to be handed over. Not by node:http: it takes a plain 200, with which older engines begin, for an answer
 * whose end closes both halves.
 */
export async function takeOver(work: Exchange): Promise<TakenOver> {
  const { request, facts, timeout } = work;
  const { signal } = request;
  throwIfCancelled(signal);
  const stop = new AbortController();
  const forget = onAbort(signal, () => signal !== undefined && stop.abort(cancelled(signal)));
  const silence = new Silence(timeout, `${facts.what} of ${facts.dialer.name}`, (error) => stop.abort(error));
  let stream: Duplex | undefined;
  try {
    const head = headOf(work);
    stream = await facts.dialer.connect({ signal: stop.signal, takeOver: true });
    const own = stream;
    // what breaks later is told to whoever reads, and must not end the process where nobody does
    own.on('error', () => {});
    stop.signal.addEventListener('abort', () => own.destroy(cancelled(stop.signal)), { once: true });
    if (stop.signal.aborted) own.destroy(cancelled(stop.signal));
    own.write(head);
    silence.start();
    const answer = await readAnswer(own, request.method);
    silence.stop();
    if (answer.status !== 101 && answer.status !== 200) throw await refusal(own, answer, work);
    own.once('close', forget);
    return { contentType: answer.headers.get('content-type') ?? '', stream: own };
  } catch (error) {
    silence.stop();
    forget();
    stream?.destroy();
    if (stop.signal.aborted) throw cancelled(stop.signal);
    throw explained(error, work);
  }
}

function headOf({ request, target, headers, facts }: Exchange): Buffer {
  const body = Buffer.from(request.json === undefined ? '' : JSON.stringify(request.json));
  const all = {
    ...headers,
    Host: facts.dialer.authority,
    Connection: 'Upgrade',
    Upgrade: 'tcp',
    'Content-Length': `${body.length}`,
  };
  const lines = Object.entries(all).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  const head = `${request.method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** The head of the final answer; what came behind it is read next. */
async function readAnswer(stream: Duplex, method: string): Promise<ResponseHead> {
  for (;;) {
    const head = await readHead(stream, method);
    if (head.status === 101 || head.status >= 200) return head;
  }
}

async function readHead(stream: Duplex, method: string): Promise<ResponseHead> {
  const reader = new HeadReader();
  for (;;) {
    const chunk = await readSome(stream);
    if (chunk === undefined) throw new Error(`the connection ended before the answer to ${method}`);
    const found = reader.feed(chunk);
    if (found === undefined) continue;
    if (found.rest.length > 0) stream.unshift(found.rest);
    return parseHead(found.text);
  }
}

/** What is there, without making the stream flow; undefined at its end. */
async function readSome(stream: Duplex): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (stream.readableEnded) return undefined;
    if (stream.destroyed) throw stream.errored ?? new Error('the connection was closed');
    await new Promise<void>((resolve) => {
      const events = ['readable', 'end', 'close'];
      const wake = (): void => {
        for (const event of events) stream.off(event, wake);
        resolve();
      };
      for (const event of events) stream.on(event, wake);
    });
  }
}

async function refusal(stream: Duplex, head: ResponseHead, { request, facts }: Exchange): Promise<DrayError> {
  if (head.status < 400) {
    const message = `${facts.dialer.name} answered ${facts.what} with ${head.status}, and does not hand the connection over`;
    return new DrayError('BAD_RESPONSE', message, { detail: { status: head.status } });
  }
  return refusedBy(head.status, await readBody(stream, framingOf(head, request.method)), facts);
}

async function readBody(stream: Duplex, framing: Framing): Promise<Buffer> {
  let body = Buffer.alloc(0);
  while (!framing.done && body.length < REFUSAL) {
    const chunk = await readSome(stream);
    if (chunk === undefined) {
      framing.close();
      break;
    }
    framing.feed(chunk);
    for (let part = framing.take(); part !== undefined; part = framing.take()) body = Buffer.concat([body, part]);
  }
  return body.subarray(0, REFUSAL);
}

function explained(error: unknown, { facts }: Exchange): DrayError {
  if (!(error instanceof Malformed)) return brokenExchange(error, facts);
  if (facts.dialer.wire === 'tcp' && error.message.startsWith('it is TLS')) return wantsTls(facts.dialer, error);
  return new DrayError(
    'BAD_RESPONSE',
    `${facts.dialer.name} answered ${facts.what} with what is no HTTP: ${error.message}`,
    {
      hint: 'is it an engine that listens there?',
      cause: error,
    },
  );
}
