import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { afterEach, before } from 'node:test';
import { ARCHIVE_SHAPES, buildImage } from 'dray/testing';
import { type DrayEngine, startDrayEngine } from '../interop/engine-host.ts';
import { memoryOf, openFiles } from '../process-status.ts';

/** The most memory that the engine may ever have, in bytes; what it needs for its work is less than half. */
const MEMORY = 400 << 20;
/** What it may say of an answer. */
export interface Answer {
  /** 0 where nothing came. */
  readonly status: number;
  readonly head: string;
  /** Without its chunks' framing. */
  readonly body: string;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Longest wait for the end, in milliseconds; what has come by then is given. */
  readonly wait?: number;
}

export interface RawOptions extends Pick<AskOptions, 'wait'> {
  /** The end is not waited for when this holds of what has come. */
  readonly isEnough?: (text: string) => boolean;
}

export interface Besieged {
  readonly engine: DrayEngine;
  /** A request whose parts are sent as they are, whatever is in them. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Bytes as they are; all that comes back until the other side ends. */
  raw(bytes: string | Uint8Array, options?: RawOptions): Promise<string>;
  /** A connection. */
  open(): Promise<Socket>;
  /** Resident memory now, in bytes. */
  memory(): number;
}

/**
 * An engine for attacks, with an image `canary:1`. After each test it must answer, hold that image, have printed nothing, have let go of
 * files and connections, and have kept its memory small.
 */
export function besieged(): Besieged {
  let engine: DrayEngine | undefined;
  let files = 0;
  const self: Besieged = {
    get engine() {
      assert.ok(engine !== undefined);
      return engine;
    },
    ask: async (method, path, { headers = {}, body = '', ...options } = {}) => {
      const bytes = Buffer.from(body);
      const all = { host: 'x', 'content-length': String(bytes.length), connection: 'close', ...headers };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
      return answerOf(await self.raw(Buffer.concat([head, bytes]), options));
    },
    raw: (bytes, options = {}) => exchange(self.engine.socket, bytes, options),
    open: () => openSocket(self.engine.socket),
    memory: () => memoryOf(self.engine.pid, 'VmRSS'),
  };
  before(async () => {
    engine = await startDrayEngine();
    await keepCanary(self);
    files = openFiles(engine.pid);
  });
  afterEach(async () => {
    const { pid, service, host } = self.engine;
    assert.equal((await self.ask('GET', '/_ping')).body, 'OK');
    const kept = await self.ask('GET', '/v1.47/images/canary:1/json');
    assert.equal(kept.status, 200, kept.body);
    assert.equal(service.said(), `${host}\n`, 'it has printed something');
    const peak = memoryOf(pid, 'VmHWM');
    assert.ok(peak < MEMORY, `it took ${peak >> 20} MiB of memory`);
    // The first work of a kind opens files that stay: threads, the store. Twice that many connections would be a leak.
    await until(
      () => openFiles(pid) <= files + 40,
      () => `${openFiles(pid)} files are open; ${files} were`,
    );
  });
  return self;
}

async function keepCanary({ ask }: Besieged): Promise<void> {
  const shape = ARCHIVE_SHAPES['docker 25, both at once'];
  const archive = shape?.([{ image: buildImage(), names: ['canary:1'] }]) ?? new Uint8Array();
  const loaded = await ask('POST', '/v1.47/images/load', { body: archive });
  assert.equal(loaded.status, 200, loaded.body);
}

/** An answer that refuses in docker's way: a status of the 400s, 501 or 500, and one line that says why, with nothing of the program in it. */
export function checkRefused({ status, head, body }: Answer, what: string): void {
  assert.ok(status >= 400 && status < 600, `${status} for ${what}: ${body}`);
  checkText(`${head}${body}`, what);
  checkMessages(body, what);
}

/** What docker prints of an answer as it is, line by line: nothing in it commands a terminal either. */
export function checkMessages(body: string, what: string): void {
  for (const line of body.split('\r\n').filter((text) => text.startsWith('{'))) {
    const { message, error, status, stream, id } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    for (const text of [message, error, status, stream, id]) {
      if (typeof text === 'string') checkText(text, `${what}: ${JSON.stringify(text)}`);
    }
  }
}

/** Nothing in a text tells of the program; and nothing in it commands a terminal. */
export function checkText(text: string, what: string): void {
  assert.doesNotMatch(
    text,
    /^\s+at .+:\d+:\d+|node:internal|dray[\w-]*\.mjs|\.ts:\d+|bug of dray|\[object Object\]/m,
    what,
  );
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/, `${what}: a control character`);
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  for (let left = 2400; !(await holds()); left -= 1) {
    assert.ok(left > 0, what());
    await new Promise((resolve) => void setTimeout(resolve, 25));
  }
}

/** Tries again where the queue of those who wait to be let in is full: that is the system's answer, not the engine's. */
async function openSocket(path: string): Promise<Socket> {
  for (;;) {
    const opened = await new Promise<Socket | NodeJS.ErrnoException>((resolve) => {
      const socket = connect(path, () => resolve(socket));
      socket.on('error', resolve);
    });
    if (!(opened instanceof Error)) return opened;
    assert.equal(opened.code, 'EAGAIN');
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
}

async function exchange(
  path: string,
  bytes: string | Uint8Array,
  { wait = 60_000, isEnough }: RawOptions,
): Promise<string> {
  const socket = await openSocket(path);
  const chunks: Buffer[] = [];
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text());
    };
    const timer = setTimeout(end, wait);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isEnough?.(text()) === true) end();
    });
    socket.on('error', end).on('close', end).on('end', end);
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

export function answerOf(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const head = end === -1 ? text : text.slice(0, end);
  const body = end === -1 ? '' : text.slice(end + 4);
  const isChunked = /^transfer-encoding: *chunked/im.test(head);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body: Buffer.from(isChunked ? unchunked(body) : body, 'latin1').toString() };
}

/** All of the first answer is there, or its head where the connection changes hands. */
export function isAnswered(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const { status, head } = answerOf(text);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (status === 101) return true;
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + Number(length);
}

/** A body in chunks, as it was before. */
export function unchunked(body: string): string {
  let text = '';
  for (let rest = body; rest !== ''; ) {
    const [line = ''] = rest.split('\r\n', 1);
    const size = Number.parseInt(line, 16);
    if (!(size > 0)) break;
    text += rest.slice(line.length + 2, line.length + 2 + size);
    rest = rest.slice(line.length + 4 + size);
  }
  return text;
}
