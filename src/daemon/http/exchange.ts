import type { IncomingMessage, ServerResponse } from 'node:http';
import { compareApiVersions, NEWEST_API_VERSION } from '#engine';
import { hasMuchUnread, linger } from '#serve';
import { asEngineError, EngineError } from './engine-error.ts';
import { MessageStream } from './message-stream.ts';
import { queryFlag } from './query-flag.ts';
import { readJson } from './read-json.ts';

/** What every answer says of the engine. */
const HEADERS: Readonly<Record<string, string>> = {
  'Api-Version': NEWEST_API_VERSION,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: 'dray',
};

export interface ExchangeFacts {
  /** Version of the API that the client speaks. */
  readonly version: string;
  /** What the pattern of the route found in the path, as it came. */
  readonly names: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** One request to the engine and its answer. */
export class EngineExchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly version: string;
  readonly query: URLSearchParams;
  readonly #names: Readonly<Record<string, string>>;
  readonly #left = new AbortController();
  #stream: MessageStream | undefined;

  constructor(message: IncomingMessage, response: ServerResponse, { version, names, query }: ExchangeFacts) {
    this.message = message;
    this.response = response;
    this.version = version;
    this.query = query;
    this.#names = names;
    const gone = (): void => {
      if (!response.writableFinished) this.#left.abort();
    };
    response.once('close', gone);
  }

  /** Aborted when the client goes away before the answer is over. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** A part of the path, as the pattern of the route calls it, decoded. Throws an EngineError 400 for what cannot be. */
  name(key: string): string {
    try {
      return decodeURIComponent(this.#names[key] ?? '');
    } catch {
      throw new EngineError(400, 'invalid URL: a percent sign is not followed by two hexadecimal digits of UTF-8');
    }
  }

  flag(name: string): boolean {
    return queryFlag(this.query, name);
  }

  header(name: string): string | undefined {
    const value = this.message.headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  }

  isAtLeast(version: string): boolean {
    return compareApiVersions(this.version, version) >= 0;
  }

  /** The request, for whoever reads its body now: the client may be waiting for a word before it sends that. */
  get body(): IncomingMessage {
    const { message, response } = this;
    const isWaiting = message.headers.expect?.toLowerCase() === '100-continue';
    if (isWaiting && !response.headersSent) response.writeContinue();
    return message;
  }

  readJson(): Promise<Readonly<Record<string, unknown>> | undefined> {
    return readJson(this.body);
  }

  reply(status: number, body?: string, headers: Readonly<Record<string, string>> = {}): void {
    const length = status === 204 || status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body ?? '') };
    this.response.writeHead(status, { ...HEADERS, ...headers, ...length });
    if (body !== undefined && this.message.method !== 'HEAD') this.response.write(body);
    this.#end();
  }

  /** A client that is still sending would lose the answer if the connection ended on it: what comes is dropped for a while before. */
  #end(): void {
    const { message, response } = this;
    const { socket } = message;
    // Of a body that was given up nothing is read any more, nor that the client has gone.
    const isGivenUp = message.destroyed && !message.complete;
    if (!isGivenUp && !hasMuchUnread(message)) response.end();
    else void linger(message, Number.POSITIVE_INFINITY).then(() => response.end(() => socket.destroy()));
  }

  replyJson(status: number, document: unknown): void {
    this.replyJsonText(status, JSON.stringify(document));
  }

  /** The same where the text of the document is known. */
  replyJsonText(status: number, text: string): void {
    this.reply(status, `${text}\n`, { 'Content-Type': 'application/json' });
  }

  /** Sends the head of an answer whose body the caller writes to `response`. */
  begin(type: string): void {
    if (!this.response.headersSent) this.response.writeHead(200, { ...HEADERS, 'Content-Type': type });
  }

  /** Says of what kind an answer will be whose head goes with the first bytes that are written to `response`. */
  announce(type: string): void {
    for (const [name, value] of Object.entries({ ...HEADERS, 'Content-Type': type }))
      this.response.setHeader(name, value);
  }

  /** The answer as messages: its head goes with the first of them, so that what fails before still has a status of its own. */
  get messages(): MessageStream {
    this.#stream ??= new MessageStream(this.response, {
      begin: () => this.begin('application/json'),
      end: () => this.#end(),
    });
    return this.#stream;
  }

  /** Answers with an error: by its status, in a stream by its last message; an answer of bytes that has begun is cut. */
  fail(thrown: unknown): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    const { status, message } = asEngineError(thrown);
    if (!this.response.headersSent) this.replyJson(status, { message });
    else if (this.#stream !== undefined) this.#stream.fail(message);
    else this.response.destroy();
  }
}
