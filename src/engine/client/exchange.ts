import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import type { Bytes } from '#bytes';
import { cancelled, DrayError, hasCode, isDrayError, messageOf, throwIfCancelled } from '#errors';
import { onAbort } from '#transport';
import { AnswerBody } from './answer-body.ts';
import type { EngineAnswer, EngineRequest } from './connection.ts';
import type { EngineAgent, EngineRequestArgs } from './engine-agent.ts';
import { brokenExchange, type ExchangeFacts, refusedBy } from './engine-failure.ts';
import { Silence } from './silence.ts';

/** Bytes of an engine's refusal that are looked at. */
const REFUSAL = 65_536;

/** One request, ready to be sent. */
export interface Exchange {
  readonly request: EngineRequest;
  /** Path and query, as they go over the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds of silence. */
  readonly timeout: number | undefined;
  readonly facts: ExchangeFacts;
}

/** Sends it and resolves with the head of the answer; rejects for statuses of 400 and above, and what breaks, with a DrayError. */
export async function exchange(agent: EngineAgent, work: Exchange): Promise<EngineAnswer> {
  const { method, signal } = work.request;
  throwIfCancelled(signal);
  const repeatable = method === 'GET' || method === 'HEAD';
  // the others cannot be asked again where a connection turns out to be closed
  if (!repeatable) agent.closeIdle();
  const attempt = new Attempt(agent, work);
  try {
    return await attempt.run();
  } catch (error) {
    if (!repeatable || !attempt.wasReused || !hasCode(error, 'CONNECTION_LOST')) throw error;
    agent.closeIdle(0);
    return new Attempt(agent, work).run();
  }
}

class Attempt {
  readonly #work: Exchange;
  readonly #agent: EngineAgent;
  readonly #stop = new AbortController();
  readonly #silence: Silence;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  /** Why we ended it, which says more than what follows from that. */
  #reason: Error | undefined;
  /** What node:http found, which may come before the end of the answer that follows from it. */
  #fault: Error | undefined;

  constructor(agent: EngineAgent, work: Exchange) {
    this.#agent = agent;
    this.#work = work;
    this.#silence = new Silence(work.timeout, `${work.facts.what} of ${work.facts.dialer.name}`, (e) => this.#end(e));
  }

  get wasReused(): boolean {
    return this.#request?.reusedSocket === true;
  }

  async run(): Promise<EngineAnswer> {
    const { signal } = this.#work.request;
    const forget = onAbort(signal, () => signal !== undefined && this.#end(cancelled(signal)));
    let response: IncomingMessage;
    try {
      response = await this.#head();
    } catch (error) {
      forget();
      this.#silence.stop();
      throw this.#failure(error, false);
    }
    response.once('close', () => {
      forget();
      // an answer that is over needs no more of the request
      if (this.#request?.writableFinished === false) this.#end(new Error('the answer has ended'));
    });
    const body = new AnswerBody(response, this.#silence, {
      failure: (error) => this.#failure(error, true),
      close: () => this.#request?.destroy(),
    });
    const { statusCode: status = 0, headers } = response;
    // not modified: an answer of containers to what they are already
    if (status < 300 || status === 304) return { status, headers, body };
    throw refusedBy(status, await readStart(body, REFUSAL), this.#work.facts);
  }

  #head(): Promise<IncomingMessage> {
    const { request, target, headers, facts } = this.#work;
    return new Promise((resolve, reject) => {
      const { dialer } = facts;
      const args: EngineRequestArgs = {
        agent: this.#agent,
        method: request.method,
        path: `${dialer.forward?.origin ?? ''}${target}`,
        headers: { ...headers, ...dialer.forward?.headers, host: dialer.authority },
        dialSignal: this.#stop.signal,
      };
      const sent = openRequest(args);
      this.#request = sent;
      sent.on('error', (error) => {
        this.#fault ??= error;
        reject(error);
      });
      sent.once('response', (response) => {
        this.#response = response;
        this.#silence.stop();
        resolve(response);
      });
      this.#sendBody(sent).catch((error: unknown) => this.#end(error as Error));
    });
  }

  async #sendBody(sent: ClientRequest): Promise<void> {
    const { json, body } = this.#work.request;
    if (body !== undefined) await this.#pump(sent, body).catch((error: unknown) => this.#end(this.#unread(error)));
    sent.end(json === undefined ? undefined : JSON.stringify(json));
    if (this.#response === undefined) this.#silence.start();
  }

  /** A chunk is its producer's again as soon as the next one is asked for: each is on its way before. */
  async #pump(sent: ClientRequest, body: Bytes): Promise<void> {
    for await (const chunk of body) {
      if (chunk.length === 0) continue;
      if (this.#response === undefined) this.#silence.start();
      await written(sent, chunk);
      this.#silence.stop();
      if (sent.destroyed) return;
    }
  }

  /** The body comes from the caller: its failure is not the engine's. */
  #unread(error: unknown): DrayError {
    if (isDrayError(error)) return error;
    const message = `${this.#work.facts.what}: what was to be sent could not be read: ${messageOf(error)}`;
    return new DrayError('IO_FAILED', message, { cause: error });
  }

  #end(reason: Error): void {
    this.#reason ??= reason;
    this.#silence.stop();
    this.#stop.abort(reason);
    this.#response?.destroy(reason);
    this.#request?.destroy(reason);
  }

  #failure(error: unknown, during: boolean): Error {
    return brokenExchange(this.#reason ?? this.#fault ?? error, this.#work.facts, during);
  }
}

/** Resolves when a chunk is on its way, or lost with the request: one that never gets a connection calls nobody back. */
function written(sent: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.off('close', done);
      resolve();
    };
    sent.once('close', done);
    sent.write(chunk, done);
  });
}

/** At most `limit` bytes; the rest is given up. */
async function readStart(body: Bytes, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
