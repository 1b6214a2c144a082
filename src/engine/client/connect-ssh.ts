import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { DrayError, errnoOf } from '#errors';
import { cleanText } from '#transport';
import type { EngineSsh } from './engine-options.ts';
import type { EngineHost } from './parse-host.ts';

const CONNECT_SECONDS = 30;
/** Milliseconds that ssh may take to end, and say why, when there is nothing more to read of it. */
const LAST_WORDS = 1_000;
/** Bytes of what ssh says on stderr that are kept. */
const TALK = 4096;

/**
 * A connection through a process of its own: `ssh HOST docker system dial-stdio`, as the docker command does it. It is there at once;
 * whatever ssh finds wrong fails the stream: with CONNECT_FAILED, and once the other side has said something with CONNECTION_LOST.
 */
export function connectSsh(host: EngineHost & { readonly kind: 'ssh' }, name: string, options: EngineSsh): Duplex {
  const { command = 'ssh', args = [], env } = options;
  const child = spawn(command, [...args, ...flagsFor(host)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    ...(env === undefined ? {} : { env: { ...env } }),
  });
  return new SshStream(child, { name, command });
}

function flagsFor({ host, user, port, path }: EngineHost & { readonly kind: 'ssh' }): readonly string[] {
  return [
    ...['-o', `ConnectTimeout=${CONNECT_SECONDS}`, '-T'],
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', `${port}`]),
    ...['--', host, 'docker'],
    ...(path === undefined ? [] : ['--host', shellWord(`unix://${path}`)]),
    ...['system', 'dial-stdio'],
  ];
}

/** The shell on the other side reads the command. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A process's input and output. The methods of sockets are those that an agent of node:http calls on a connection that it keeps. */
class SshStream extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #facts: { readonly name: string; readonly command: string };
  #talk = '';
  #answered = false;
  #ending: NodeJS.Timeout | undefined;

  constructor(
    child: ChildProcessByStdio<Writable, Readable, Readable>,
    facts: { readonly name: string; readonly command: string },
  ) {
    super({ allowHalfOpen: true });
    this.#child = child;
    this.#facts = facts;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#talk = (this.#talk + text).slice(-TALK);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      this.#answered = true;
      if (!this.push(chunk)) child.stdout.pause();
    });
    // without a word from the other side its end says less than the status that follows
    child.stdout.on('end', () => {
      if (!this.#answered) return;
      // its status is known by now or soon; something else that it has started may hold its other pipes
      if (child.exitCode === 0) this.#end();
      else this.#ending = setTimeout(() => this.#end(), LAST_WORDS);
    });
    child.on('exit', (status) => {
      if (status === 0 && this.#ending !== undefined) this.#end();
    });
    child.on('error', (error) => this.destroy(this.#failure(error)));
    child.on('close', (status, signal) => {
      clearTimeout(this.#ending);
      if (this.#answered && status === 0) this.push(null);
      else if (!this.readableEnded) this.destroy(this.#failure({ status, signal }));
    });
    // its end is told by `close`, with the reason
    child.stdin.on('error', () => {});
    child.stdout.on('error', () => {});
    child.stderr.on('error', () => {});
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // a pipe that broke is told by `close`, with the reason
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#ending);
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    this.#child.kill();
    done(error);
  }

  ref(): this {
    return this.#hold('ref');
  }

  unref(): this {
    return this.#hold('unref');
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  #hold(how: 'ref' | 'unref'): this {
    this.#child[how]();
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      (pipe as Partial<Record<'ref' | 'unref', () => void>>)[how]?.();
    }
    return this;
  }

  #end(): void {
    clearTimeout(this.#ending);
    this.push(null);
  }

  #failure(end: Error | { readonly status: number | null; readonly signal: string | null }): DrayError {
    const { name, command } = this.#facts;
    const fail = (why: string, hint: string): DrayError =>
      new DrayError('CONNECT_FAILED', `cannot connect to ${name}: ${why}`, {
        hint,
        ...(end instanceof Error ? { cause: end } : { detail: { status: end.status } }),
      });
    if (end instanceof Error) {
      const code = errnoOf(end);
      return fail(
        `the program ${command} ${code === 'ENOENT' ? 'was not found' : `cannot be started (${code ?? end.message})`}`,
        'ssh:// needs OpenSSH, or a program like it, in PATH',
      );
    }
    const said = cleanText(this.#talk, 400);
    const how = end.status === null ? `was ended by ${end.signal ?? 'a signal'}` : `ended with status ${end.status}`;
    const why = `${command} ${how}${said === '' ? '' : `: ${said}`}`;
    if (this.#answered) {
      return new DrayError('CONNECTION_LOST', `${name} is lost: ${why}`, { detail: { status: end.status } });
    }
    const missing = end.status === 127;
    return fail(
      why,
      missing
        ? 'the docker command has to be in the PATH of the other machine'
        : 'does `ssh HOST docker version` work? dray cannot type a password: use keys, or an agent',
    );
  }
}
