import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryOf } from '../process-status.ts';

/** The built command. */
const COMMAND: string = fileURLToPath(new URL('../../dist/dray.mjs', import.meta.url));
/** A whole docker-registry that these tests are tried with: `SERVED_BY=docker-registry npm test -- test/serve/conformance`. */
const PEER = process.env['SERVED_BY'];
/** More arguments for each server: `SERVE_ARGS='--workers 2' npm test -- test/serve`. */
const EXTRA = (process.env['SERVE_ARGS'] ?? '').split(' ').filter((word) => word !== '');
/** The most memory that the server may ever have, in bytes. */
const MEMORY = 200 << 20;
const STARTED_WITHIN = 30_000;

export interface StartOptions {
  /** Besides `--port` and `--data`. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where it keeps its files; a new folder by default, which goes with the process. */
  readonly data?: string;
  /** Put into the folder that it runs in, before it does. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A registry that runs as users run it, in a folder of its own of which it may use `data` alone. */
export class RegistryProcess {
  readonly #options: StartOptions;
  readonly #given: ReadonlySet<string>;
  readonly folder: string = mkdtempSync(join(tmpdir(), 'dray-serve-'));
  readonly data: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #said = '';
  /** `http://127.0.0.1:PORT`. */
  origin = '';

  constructor(options: StartOptions = {}) {
    this.#options = options;
    this.data = options.data ?? join(this.folder, 'data');
    this.#given = new Set(['data', 'config.yml', ...Object.keys(options.files ?? {})]);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** All that it has printed since it was made. */
  get said(): string {
    return this.#said;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Runs until `stop` or `kill`; may be called again after those. */
  async start(): Promise<this> {
    mkdirSync(this.folder, { recursive: true });
    for (const [name, content] of Object.entries(this.#options.files ?? {}))
      writeFileSync(join(this.folder, name), content);
    const from = this.#said.length;
    const peerPort = PEER === undefined ? 0 : await freePort();
    const [file, ...args] = PEER === undefined ? this.#words() : [PEER, 'serve', this.#peerConfig(peerPort)];
    const child = spawn(file ?? '', args, {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'],
        HOME: this.folder,
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        ...this.#options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#said += String(chunk);
      });
    }
    this.origin = await this.#ready(from, peerPort);
    return this;
  }

  #words(): readonly string[] {
    const { args = [] } = this.#options;
    return [process.execPath, COMMAND, 'serve', '--port', '0', '--data', this.data, ...args, ...EXTRA];
  }

  #peerConfig(port: number): string {
    const path = join(this.folder, 'config.yml');
    writeFileSync(
      path,
      `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${this.data}}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
    );
    return path;
  }

  async #ready(from: number, peerPort: number): Promise<string> {
    const deadline = Date.now() + STARTED_WITHIN;
    for (;;) {
      const told =
        /http:\/\/[^\s/]+:(\d+)[,\s]/.exec(this.#said.slice(from))?.[1] ?? (peerPort === 0 ? '' : String(peerPort));
      const origin = `http://127.0.0.1:${told}`;
      const answer = told === '' ? undefined : await fetch(`${origin}/v2/`).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer !== undefined) return origin;
      if (!this.isRunning || Date.now() > deadline) throw new Error(`The registry did not start:\n${this.#said}`);
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }

  /** As an operator ends it. Resolves to its exit status. */
  async stop(): Promise<number | null> {
    this.#child?.kill('SIGTERM');
    return this.ended();
  }

  /** Waits for its end. Resolves to its exit status. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child?.exitCode ?? null;
  }

  /** As the power or the kernel ends it. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends it and takes its files away. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The most memory it ever had, in bytes. */
  peak(): number {
    return memoryOf(this.pid, 'VmHWM');
  }

  /** It runs, kept its memory small, printed nothing that it should not, and wrote nowhere else. */
  checkManners(): void {
    assert.ok(this.isRunning, `it ended: ${this.#said.slice(-2_000)}`);
    if (PEER === undefined && existsSync(`/proc/${this.pid}/status`)) {
      const peak = this.peak();
      assert.ok(peak > 0 && peak <= MEMORY, `took ${Math.round(peak / 2 ** 20)} MiB of memory`);
    }
    if (PEER === undefined) checkText(this.#said.replaceAll(this.data, 'DATA'), this.folder);
    const beside = readdirSync(this.folder).filter((name) => !this.#given.has(name));
    assert.deepEqual(beside, [], 'something was written outside the data folder');
  }
}

/** Nothing in a text tells about the machine or the program. */
export function checkText(text: string, folder: string): void {
  assert.ok(!text.includes(folder), `a path of this machine: ${text.slice(0, 500)}`);
  assert.doesNotMatch(text, /^\s+at .+(?::\d+:\d+\)?|\(node:)/m, 'a stack trace');
  assert.doesNotMatch(text, /node_modules|dray\.mjs|UnhandledPromise|bug of dray|root:x:0/);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/;
  assert.doesNotMatch(text, controls, 'a control character');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}
