import type { Socket } from 'node:net';

/** How an answer goes over the wire; everything left out is as an honest server does it. Counts are bytes of the body. */
export interface Delivery {
  /** `length` announces the size (unless the headers already say one), `chunked` does not, `close` ends the body by ending the connection. */
  readonly framing?: 'length' | 'chunked' | 'close';
  /** Milliseconds before the first byte of the head. */
  readonly delay?: number;
  /** Bytes per second. */
  readonly rate?: number;
  /** After that many bytes the connection is closed. */
  readonly cutAfter?: number;
  /** A cut is a TCP reset rather than an orderly end. */
  readonly reset?: boolean;
  /** After that many bytes nothing more comes, and the connection stays open. */
  readonly stallAfter?: number;
  /** The body repeats without end. */
  readonly endless?: boolean;
  /** Not even a head: the connection is closed at once, or nothing is ever said. */
  readonly instead?: 'hang-up' | 'silence';
  /** Written to the socket in place of an HTTP answer; the connection is closed behind it. */
  readonly raw?: Uint8Array;
  /** Given the connection in place of an answer: what is said there, and when it ends, is its business. */
  readonly takeOver?: (socket: Socket) => void;
}

/** An answer, before it is sent. Header names in lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
  readonly delivery: Delivery;
}

export function reply(status: number, headers: Reply['headers'], body: Uint8Array | string = ''): Reply {
  return { status, headers, body: typeof body === 'string' ? Buffer.from(body) : body, delivery: {} };
}

export function jsonReply(status: number, value: unknown, headers: Reply['headers'] = {}): Reply {
  return reply(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}

/** An error as the distribution spec words it. */
export function errorReply(status: number, code: string, message: string, headers: Reply['headers'] = {}): Reply {
  return jsonReply(status, { errors: [{ code, message, detail: null }] }, headers);
}

export function withDelivery(answer: Reply, delivery: Delivery): Reply {
  return { ...answer, delivery: { ...answer.delivery, ...delivery } };
}

export function withHeaders(answer: Reply, headers: Reply['headers']): Reply {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
