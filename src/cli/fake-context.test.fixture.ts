import { PassThrough, Writable } from 'node:stream';
import type { Dray, DrayOptions } from '#dray';
import type { CliContext, Input } from './context.ts';

/** A process for tests: what it is given, and what was written to it. */
export interface FakeContext extends CliContext {
  /** What went to stdout and stderr so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Options of the Dray that was asked for, if one was. */
  readonly asked: () => DrayOptions | undefined;
  readonly closed: () => boolean;
}

export interface FakeOptions {
  /** The verbs that the command may call; any other one fails the test. */
  readonly dray?: Partial<Dray>;
  readonly env?: Record<string, string>;
  readonly stdin?: string | Input;
  readonly terminal?: { readonly stdout?: boolean; readonly stderr?: boolean };
  readonly signal?: AbortSignal;
  readonly hurry?: AbortSignal;
  readonly now?: number;
}

class Sink extends Writable {
  text = '';
  readonly columns = 80;
  readonly rows = 24;
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super({ decodeStrings: true });
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** A context around a Dray that has only the verbs given. */
export function fakeContext(options: FakeOptions = {}): FakeContext {
  const { stdin = '', terminal = {} } = options;
  const stdout = new Sink(terminal.stdout === true);
  const stderr = new Sink(terminal.stderr === true);
  let asked: DrayOptions | undefined;
  let closed = false;
  return {
    createDray(given) {
      asked = given;
      return withMissing({ ...options.dray, close: async () => void (closed = true) });
    },
    env: options.env ?? {},
    stdin: typeof stdin === 'string' ? new PassThrough().end(stdin) : stdin,
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
    hurry: options.hurry ?? new AbortController().signal,
    now: () => options.now ?? Date.parse('2026-11-21T05:20:00Z'),
    out: () => stdout.text,
    err: () => stderr.text,
    asked: () => asked,
    closed: () => closed,
  };
}

function withMissing(verbs: Partial<Dray>): Dray {
  return new Proxy(verbs, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (verb === undefined && name !== 'then') throw new Error(`the test has no ${String(name)}`);
      return verb;
    },
  }) as Dray;
}
