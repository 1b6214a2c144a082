import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { printable } from '#oci';
import type { AccessRequest, Actor, Need } from '../access/port.ts';
import type { RequestFacts } from '../observe/port.ts';
import type { ApiError, ApiFault } from './api-error.ts';
import { hasMuchUnread, linger } from './linger.ts';
import { readTarget, type Target } from './target.ts';

/** Names and values by turns, as `writeHead` takes them without making anything of them. */
export type RawHeaders = readonly string[];

const API_VERSION: RawHeaders = [
  'Docker-Distribution-Api-Version',
  'registry/2.0',
  'X-Content-Type-Options',
  'nosniff',
];
const LONGEST_MESSAGE = 1000;
/** Bytes of a body that is copied to go with its head. */
const MERGED = 16 * 1024;
const NO_PARAMETERS = new URLSearchParams();

/**
 * One request and its answer. Everything that costs something is made when it is asked for: a manifest is answered in a few microseconds.
 */
export class Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Of the path alone, not of the query. */
  readonly target: Target;
  /** Who asks; set when access has been decided. */
  actor: Actor | undefined;
  /** Bytes of the body that were read. */
  received = 0;
  /** Bytes of the answer's body that were given to the connection. */
  sent = 0;
  readonly #query: string;
  #parameters: URLSearchParams | undefined;
  #facts: RequestFacts | undefined;
  #left: AbortController | undefined;

  constructor(message: IncomingMessage, response: ServerResponse, prefix: string | undefined) {
    this.message = message;
    this.response = response;
    this.method = message.method ?? 'GET';
    const url = message.url ?? '/';
    const mark = url.indexOf('?');
    this.#query = mark < 0 ? '' : url.slice(mark + 1);
    this.target = readTarget(mark < 0 ? url : url.slice(0, mark), prefix);
  }

  /** The path as it came, without the query. */
  get path(): string {
    const url = this.message.url ?? '/';
    return this.#query === '' ? url.replace(/\?$/, '') : url.slice(0, -this.#query.length - 1);
  }

  get parameters(): URLSearchParams {
    if (this.#query === '') return NO_PARAMETERS;
    this.#parameters ??= new URLSearchParams(this.#query);
    return this.#parameters;
  }

  get isHead(): boolean {
    return this.method === 'HEAD';
  }

  get tls(): TLSSocket | undefined {
    const { socket } = this.message;
    return 'encrypted' in socket ? (socket as TLSSocket) : undefined;
  }

  /** `https://registry.example:5000`: this server as the client knows it, also behind a proxy that says so. */
  get origin(): string {
    const { headers } = this.message;
    const scheme = first(headers['x-forwarded-proto']) ?? (this.tls === undefined ? 'http' : 'https');
    return `${scheme === 'https' ? 'https' : 'http'}://${this.host}`;
  }

  get host(): string {
    const { headers } = this.message;
    return first(headers['x-forwarded-host']) ?? headers.host ?? 'localhost';
  }

  get facts(): RequestFacts {
    this.#facts ??= factsOf(this);
    return this.#facts;
  }

  /** Aborted when the client goes away before the answer is over. */
  get left(): AbortSignal {
    if (this.#left === undefined) {
      const controller = new AbortController();
      this.#left = controller;
      this.response.once('close', () => {
        if (!this.response.writableFinished) controller.abort();
      });
      if (this.response.destroyed) controller.abort();
    }
    return this.#left.signal;
  }

  /** What whoever decides about access looks at. */
  accessRequest(needs: readonly Need[]): AccessRequest {
    const { headers, socket } = this.message;
    const originOf = (): string => this.origin;
    return {
      headers,
      needs,
      // Few ask: those who refuse somebody.
      get origin() {
        return originOf();
      },
      address: addressOf(socket),
      tls: this.tls,
    };
  }

  /** Answers with a body that is at hand. For HEAD the body is left out, its length is told. */
  reply(status: number, headers: RawHeaders, body?: Uint8Array | string): void {
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    // neither of these may have a length: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
    const all = status === 204 || status === 304 ? [...headers, ...API_VERSION] : this.withLength(headers, length);
    this.send(status, all, body);
  }

  /** These headers, those that every answer has, and the length of a body. */
  withLength(headers: RawHeaders, length: number): RawHeaders {
    return [...headers, ...API_VERSION, 'Content-Length', String(length)];
  }

  /** Answers with exactly these headers; `reply` for those who have no list at hand. */
  send(status: number, headers: RawHeaders, body?: Uint8Array | string): void {
    const content = this.isHead || status === 204 || status === 304 ? undefined : body;
    this.sent += content === undefined ? 0 : Buffer.byteLength(content);
    if (hasMuchUnread(this.message)) {
      void this.#sendLast(status, headers, content);
      return;
    }
    this.begin(status, headers);
    // Node writes text together with the head, and bytes as a list of two, which takes the system several times as long.
    if (content instanceof Uint8Array && content.length <= MERGED) this.response.end(latin1(content), 'latin1');
    else this.response.end(content);
  }

  /** Begins an answer. These headers are stronger than those that were set before. */
  begin(status: number, headers: RawHeaders): void {
    const { response } = this;
    if (response.getHeaderNames().length === 0) {
      response.writeHead(status, headers as string[]);
      return;
    }
    // Given to `writeHead` beside such headers, of several with one name Node 20 would keep the last.
    const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as const] : []));
    for (const [name] of pairs) response.removeHeader(name);
    for (const [name, value] of pairs) response.appendHeader(name, value);
    response.writeHead(status);
  }

  /** The answer to somebody who is still sending: the last one on its connection. */
  async #sendLast(status: number, headers: RawHeaders, content: Uint8Array | string | undefined): Promise<void> {
    this.begin(status, [...headers, 'Connection', 'close']);
    this.response.flushHeaders();
    if (content !== undefined) this.response.write(content);
    await linger(this.message);
    this.response.end();
  }

  replyJson(status: number, document: unknown, headers: RawHeaders = []): void {
    this.reply(
      status,
      ['Content-Type', 'application/json; charset=utf-8', ...headers],
      `${JSON.stringify(document)}\n`,
    );
  }

  /** Answers with an error; where an answer has begun, the connection ends instead. */
  fail(error: ApiError): void {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const headers = Object.entries(error.headers).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).flatMap((each) => [asWritten(name), each]),
    );
    this.replyJson(error.status, { errors: error.faults.map(fault) }, headers);
  }
}

/** `Www-Authenticate`: scripts that look for a header know it as docker-registry writes it. */
function asWritten(name: string): string {
  return name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function factsOf({ message, method, host }: Exchange): RequestFacts {
  const address = addressOf(message.socket);
  return {
    id: randomUUID(),
    address: `${address.includes(':') ? `[${address}]` : address}:${message.socket.remotePort ?? 0}`,
    host,
    method,
    userAgent: message.headers['user-agent'] ?? '',
  };
}

/** An address of IPv4 as such, also on a socket that takes both kinds. */
function addressOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
}

/** One character for each byte. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** What the client wrote comes back in errors, which end up on terminals. */
function fault({ code, message, detail }: ApiFault): object {
  return { code, message: printable(message, LONGEST_MESSAGE), ...(detail !== undefined && { detail: clean(detail) }) };
}

function clean(detail: unknown): unknown {
  if (typeof detail === 'string') return printable(detail, LONGEST_MESSAGE);
  if (typeof detail !== 'object' || detail === null) return detail;
  if (Array.isArray(detail)) return detail.map(clean);
  return Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, clean(value)]));
}

/** Of a header that proxies append to, what the first one said. */
function first(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.[0];
  const word = text?.split(',')[0]?.trim();
  return word === '' ? undefined : word;
}
