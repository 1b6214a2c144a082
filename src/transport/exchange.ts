import { bytesOf } from '#bytes';
import { cancelled, DrayError } from '#errors';
import { onAbort } from './abort.ts';
import type { Bandwidth } from './bandwidth.ts';
import { type Framing, framingOf } from './body-framing.ts';
import { brokenConnection, type FailureDetail } from './failures.ts';
import { Malformed } from './malformed.ts';
import { originOf } from './origin.ts';
import { HeadReader, parseHead, type ResponseHead } from './parse-head.ts';
import { publicName } from './public-url.ts';
import { ReadGate } from './read-gate.ts';
import { formatHead } from './request-head.ts';
import { type BodyOwner, ResponseBody } from './response-body.ts';
import { ProgressWindow, type StallTimer, type Watched } from './stall-timer.ts';
import type { HttpRequest, HttpResponse } from './types.ts';
import { type UploadProgress, upload } from './upload.ts';
import type { Receiver, Wire } from './wire.ts';

const MOST_INTERIM = 16;
/** Interim answers (1xx) give a server so many stall time-outs until the final head, not more. */
const MOST_PATIENCE = 3;

export interface ExchangeSettings {
  /** Milliseconds. */
  readonly stallTimeout: number;
  readonly userAgent: string;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly stallTimer: StallTimer;
  readonly bandwidth: Bandwidth | undefined;
  /** Called once: the exchange is over, and the wire can serve the next one or not. */
  readonly release: (wire: Wire, reusable: boolean) => void;
}

/** One request and its response on one wire. */
export class Exchange implements Receiver, BodyOwner, Watched {
  /** No byte of an answer has come. */
  silent = true;
  readonly #wire: Wire;
  readonly #request: HttpRequest;
  readonly #settings: ExchangeSettings;
  readonly #gate: ReadGate;
  #progress: ProgressWindow;
  #settle: { resolve: (response: HttpResponse) => void; reject: (error: unknown) => void } | undefined;
  #forgetSignal: () => void = () => undefined;
  #upload: UploadProgress | undefined;
  #head = new HeadReader();
  #interim = 0;
  #headDeadline = Number.POSITIVE_INFINITY;
  #lastDeadline = Number.POSITIVE_INFINITY;
  #framing: Framing | undefined;
  #keepAlive = false;
  #body: ResponseBody | undefined;
  #bytes = 0;
  #over = false;

  constructor(wire: Wire, request: HttpRequest, settings: ExchangeSettings) {
    this.#wire = wire;
    this.#request = request;
    this.#settings = settings;
    this.#gate = new ReadGate(wire, settings.bandwidth);
    this.#progress = new ProgressWindow(settings.now());
  }

  /** Sends the request. Resolves with the head of the response; rejects as `Transport` says. */
  start(): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const { signal } = this.#request;
      if (signal?.aborted === true) return this.#fail(cancelled(signal));
      if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => this.#fail(cancelled(signal)));
      this.#wire.receiver = this;
      if (this.#wire.end !== undefined) return this.ended(this.#wire.end.error);
      this.#settings.stallTimer.add(this);
      try {
        this.#send();
      } catch (error) {
        // The body's factory is the caller's.
        this.#fail(error);
      }
    });
  }

  received(chunk: Uint8Array): boolean {
    this.silent = false;
    this.#bytes += chunk.length;
    const wanted = this.#body === undefined ? this.#receiveHead(chunk) : this.#body.feed(chunk);
    return this.#over ? wanted : this.#gate.passed(chunk.length, wanted);
  }

  ended(error: Error | undefined): void {
    if (this.#over) return;
    if (error === undefined && this.#body?.close() === true) this.complete();
    else this.#fail(this.#broken(error));
  }

  resume(): void {
    if (!this.#over) this.#gate.resume();
  }

  complete(): void {
    this.#leave(this.#keepAlive && this.#uploaded && this.#framing?.unused === 0);
  }

  abandon(): void {
    this.#leave(false);
  }

  explain(error: unknown): unknown {
    if (!(error instanceof Malformed)) return error;
    return new DrayError('BAD_RESPONSE', `${this.#what}: the answer is not valid HTTP/1.1: ${error.message}`, {
      detail: this.#detail(),
      cause: error,
    });
  }

  check(now: number): void {
    const { stallTimeout } = this.#settings;
    if (this.#body !== undefined) {
      const waiting = this.#body.waiting && !this.#gate.held;
      if (!this.#progress.stalled(now, stallTimeout, { bytes: this.#bytes, waiting })) return;
      this.#stall('the body stalled: less than 1 KiB came');
    } else if (now >= this.#headDeadline) this.#stall('no complete answer came');
    else if (this.#upload !== undefined) {
      const { sent, blocked } = this.#upload;
      if (!this.#progress.stalled(now, stallTimeout, { bytes: sent, waiting: blocked })) return;
      this.#stall('the server took less than 1 KiB of the body');
    }
  }

  #send(): void {
    const { method, bodyLength } = this.#request;
    const body = this.#request.body?.();
    const known = body instanceof Uint8Array ? body.length : bodyLength;
    const head = formatHead(this.#request, {
      userAgent: this.#settings.userAgent,
      bodyLength: body !== undefined ? (known ?? 'chunked') : method === 'GET' || method === 'HEAD' ? undefined : 0,
      forward: this.#wire.facts.forward,
    });
    this.#wire.socket.write(head, 'latin1');
    if (body === undefined) return this.#sent();
    const progress: UploadProgress = { sent: 0, blocked: false, unwanted: false, wake: undefined, finished: false };
    this.#upload = progress;
    const { bandwidth, now } = this.#settings;
    upload(this.#wire, body instanceof Uint8Array ? bytesOf(body) : body, {
      length: bodyLength ?? known,
      progress,
      bandwidth,
      now,
    }).then(
      () => this.#sent(),
      (error: unknown) => this.#fail(error),
    );
  }

  #sent(): void {
    const { now, stallTimeout } = this.#settings;
    this.#headDeadline = now() + stallTimeout;
    this.#lastDeadline = now() + stallTimeout * MOST_PATIENCE;
  }

  /** True when more may come at once. */
  #receiveHead(chunk: Uint8Array): boolean {
    try {
      for (let rest = chunk; ; ) {
        const found = this.#head.feed(rest);
        if (found === undefined) return true;
        const head = parseHead(found.text);
        if (head.status >= 200) return this.#begin(head, found.rest);
        this.#skip(head);
        if (found.rest.length === 0) return true;
        rest = found.rest;
      }
    } catch (error) {
      this.#fail(this.explain(error));
      return false;
    }
  }

  #skip(head: ResponseHead): void {
    if (head.status === 101) throw new Malformed('it changes to a protocol that nobody asked for');
    if (++this.#interim > MOST_INTERIM) throw new Malformed(`it has more than ${MOST_INTERIM} interim answers`);
    this.#head = new HeadReader();
    if (this.#headDeadline !== Number.POSITIVE_INFINITY) {
      this.#headDeadline = Math.min(this.#lastDeadline, this.#settings.now() + this.#settings.stallTimeout);
    }
  }

  #begin(head: ResponseHead, rest: Uint8Array): boolean {
    const framing = framingOf(head, this.#request.method);
    const { headers } = head;
    this.#framing = framing;
    this.#keepAlive =
      head.minorVersion === 1 ? !headers.has('connection', 'close') : headers.has('connection', 'keep-alive');
    const timeout = /\btimeout=(\d{1,6})/i.exec(headers.get('keep-alive') ?? '')?.[1];
    this.#wire.keepAlive = timeout === undefined ? undefined : Number(timeout) * 1000;
    this.#giveUpUpload();
    const whole = framing.length !== undefined && rest.length >= framing.length;
    // A body that came whole with its head is kept aside: the connection is free at once, read or not.
    framing.feed(whole ? rest.slice() : rest);
    const body = new ResponseBody(framing, this);
    this.#body = body;
    this.#progress = new ProgressWindow(this.#settings.now());
    const { url } = this.#request;
    const { remoteAddress } = this.#wire;
    const early = !this.#uploaded;
    this.#settle?.resolve({ status: head.status, headers, url, remoteAddress, body, ...(early && { early }) });
    this.#settle = undefined;
    if (whole) this.#leave(this.#keepAlive && rest.length === framing.length && this.#uploaded);
    return whole;
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#leave(false);
    this.#settle?.reject(error);
    this.#body?.fail(error);
  }

  #leave(reusable: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#settings.stallTimer.delete(this);
    this.#forgetSignal();
    this.#gate.close();
    this.#wire.receiver = undefined;
    this.#giveUpUpload();
    this.#settings.release(this.#wire, reusable && this.#wire.end === undefined);
  }

  #giveUpUpload(): void {
    if (this.#upload === undefined) return;
    this.#upload.unwanted = true;
    this.#upload.wake?.();
  }

  #broken(error: Error | undefined): DrayError {
    const { received, length } = this.#body ?? {};
    const of = length === undefined ? '' : ` of ${length}`;
    const when = this.#body === undefined ? 'before it answered' : `after ${received}${of} bytes`;
    return brokenConnection(this.#what, error, { when, detail: this.#detail() });
  }

  #stall(how: string): void {
    const time = `${this.#settings.stallTimeout / 1000} s`;
    this.#fail(new DrayError('STALLED', `${this.#what}: ${how} within ${time}`, { detail: this.#detail() }));
  }

  #detail(): FailureDetail {
    const { hostname, port, tls } = originOf(this.#request.url);
    const peer = { host: hostname, port, tlsEstablished: tls };
    if (this.#body === undefined) return { ...peer, phase: 'head' };
    return { ...peer, phase: 'body', received: this.#body.received, expected: this.#body.length };
  }

  get #uploaded(): boolean {
    return this.#upload === undefined || this.#upload.finished;
  }

  get #what(): string {
    return publicName(this.#request);
  }
}
