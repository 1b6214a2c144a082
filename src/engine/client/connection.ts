import type { Duplex } from 'node:stream';
import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';

/** A value of a query; undefined and false leave it out, true is `1`, a list is the name several times. */
export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface EngineRequest extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** From the root, without the version: `/images/json`. Names of images stand in it as they are. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly json?: object | undefined;
  /** Sent as it is, in chunks. */
  readonly body?: Bytes | undefined;
  /** Of `body`. */
  readonly contentType?: string | undefined;
  /** False: without a version in the path, as `_ping` is asked for. */
  readonly versioned?: boolean | undefined;
  /** False: the answer may be silent for as long as it likes (a wait, events, a log that is followed). */
  readonly timeout?: boolean | undefined;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Has to be read or given up; leaving the loop, or the signal, closes the connection. */
  readonly body: Bytes;
}

/** A connection that is no HTTP any more. */
export interface TakenOver {
  /** Of the answer: raw, or multiplexed. Empty from engines before 1.42, which do not say. */
  readonly contentType: string;
  /** Either half can be ended alone. */
  readonly stream: Duplex;
}

/** What the endpoints are built on: requests to one engine. */
export interface EngineConnection {
  /**
   * Sends a request. Resolves when the head of the answer is here, and rejects for statuses of 400 and above with the engine's message: NOT_FOUND for 404,
   * CONFLICT for 409, … and `detail: { status, message }`; for engines that cannot be reached with CONNECT_FAILED, and a hint.
   */
  send(request: EngineRequest): Promise<EngineAnswer>;
  /** The answer as JSON, of at most 64 MiB. Rejects with BAD_RESPONSE for what is none. */
  json<T>(request: EngineRequest): Promise<T>;
  /** The objects of an answer that is a stream of them, each at most 16 MiB. */
  objects<T extends object>(request: EngineRequest): AsyncIterable<T>;
  /** Sends a request after which both sides talk freely. */
  takeOver(request: EngineRequest): Promise<TakenOver>;
  /** The version that requests are sent with; asks `_ping` once where it is negotiated. */
  version(options?: CallOptions): Promise<string>;
  /** Ends idle connections. */
  close(): void;
}
