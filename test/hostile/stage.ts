import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type RegistryOptions, startRegistry, type TestGraph, type TestImage, type TestRegistry } from 'dray/testing';
import { checkArchive, type ExpectedImage } from './archive-check.ts';
import { type Handler, type Listener, type ListenOptions, listen } from './listener.ts';
import { checkManners } from './manners.ts';
import { type Ended, runDray } from './run-dray.ts';

/** One thing that a registry may do, and what has to come of it. */
export interface HostileCase {
  readonly name: string;
  readonly scene: (stage: Stage) => Scene | Promise<Scene>;
  /** Exit 0 and the right file or list; or an error whose text matches, and no file. */
  readonly expect: 'ok' | RegExp;
  /** Seconds that the command may take; 60 by default. */
  readonly limit?: number | undefined;
}

/** What is run, and what its success looks like. */
export interface Scene {
  /** `repository:tag` or the like behind the registry's host: pulled into a file. Or `tags`: listed. */
  readonly pull?: string | undefined;
  readonly tags?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** How often it is run, with the same end each time; once by default. */
  readonly times?: number | undefined;
  /** Name of the file that is written; image.tar by default. */
  readonly file?: string | undefined;
  /** config.json. */
  readonly config?: unknown;
  readonly holds?: ExpectedImage | undefined;
  /** What stdout has to be, line by line. */
  readonly lines?: readonly string[] | undefined;
  /** Must stand on stderr. */
  readonly says?: RegExp | undefined;
  /** Looks at what happened besides. */
  readonly check?: ((outcome: Ended) => void) | undefined;
}

/** The servers of one case, the folder it works in and the secrets that it knows. */
export class Stage {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'dray-hostile-'));
  readonly #closing: (() => Promise<void>)[] = [];
  readonly #secrets: string[] = [];
  readonly #hidden: string[] = [];
  readonly #strangers: Listener[] = [];

  async registry(options: RegistryOptions = {}): Promise<TestRegistry> {
    const registry = await startRegistry(options);
    this.#closing.push(() => registry.close());
    return registry;
  }

  /** A server of the case's own. */
  async server(handler: Handler, options?: ListenOptions): Promise<Listener> {
    const listener = await listen(handler, options);
    this.#closing.push(() => listener.close());
    return listener;
  }

  /** A server that no credential and no token may ever reach. */
  async stranger(handler: Handler, options?: ListenOptions): Promise<Listener> {
    const listener = await this.server(handler, options);
    this.#strangers.push(listener);
    return listener;
  }

  /** A text that must not be printed, nor reach a stranger. */
  secret<Text extends string>(text: Text): Text {
    this.#secrets.push(text, Buffer.from(text).toString('base64').replace(/=+$/, ''));
    return text;
  }

  /** A text that must not be printed; whom it is sent to does not matter. */
  hidden<Text extends string>(text: Text): Text {
    this.#hidden.push(text);
    return text;
  }

  /** A config.json with what opens `host` for a user, anna: `pass-w0rd-of-anna` or `identity-token-of-anna`. */
  login(host: string, by: 'password' | 'identity token' = 'password'): unknown {
    if (by === 'identity token') return { auths: { [host]: { identitytoken: this.secret('identity-token-of-anna') } } };
    const auth = Buffer.from(`anna:${this.secret('pass-w0rd-of-anna')}`).toString('base64');
    this.secret(auth.replace(/=+$/, ''));
    return { auths: { [host]: { auth } } };
  }

  checkSecrets({ stdout, stderr }: Ended): void {
    for (const secret of [...this.#secrets, ...this.#hidden])
      assert.ok(!`${stdout}${stderr}`.includes(secret), `printed: ${secret}`);
    for (const { requests } of this.#strangers) {
      for (const request of requests) {
        assert.equal(request.headers.authorization, undefined, `${request.url} came with credentials`);
        const all = JSON.stringify(request);
        for (const secret of this.#secrets) assert.ok(!all.includes(secret), `sent to a stranger: ${secret}`);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An image as a pull of `names` has to give it. */
export function imageOf(image: TestImage, ...names: readonly string[]): ExpectedImage {
  return { config: image.config, layers: image.layers, names };
}

/** The usual scene: one image in a registry with these options, pulled by its tag. */
export async function pulled(
  stage: Stage,
  graph: TestGraph,
  { holds, options, ...scene }: Scene & { readonly options?: RegistryOptions } = {},
): Promise<Scene> {
  const registry = await stage.registry({ images: { 'app:1': graph }, ...options });
  const reference = registry.reference('app:1');
  const image = isImage(graph) ? imageOf(graph, reference) : undefined;
  return { pull: reference, holds: holds === undefined ? image : { ...holds, names: [reference] }, ...scene };
}

function isImage(graph: TestGraph): graph is TestImage {
  return 'layers' in graph && 'config' in graph;
}

/** Runs each case as a test of its own, a few at a time. */
export function playAll(title: string, cases: readonly HostileCase[]): void {
  describe(title, { concurrency: 3 }, () => {
    for (const one of cases) it(one.name, () => play(one));
  });
}

async function play({ scene: prepare, expect, limit = 60 }: HostileCase): Promise<void> {
  const stage = new Stage();
  try {
    const scene = await prepare(stage);
    const { folder } = stage;
    const output = join(folder, 'out');
    for (const made of ['docker', 'out']) mkdirSync(join(folder, made));
    if (scene.config !== undefined) writeFileSync(join(folder, 'docker/config.json'), JSON.stringify(scene.config));
    const args = argumentsOf(scene, join(output, scene.file ?? 'image.tar'));
    for (let left = scene.times ?? 1; left > 0; left -= 1) {
      const outcome = await runDray(args, { folder, seconds: limit, env: scene.env });
      checkManners(outcome);
      stage.checkSecrets(outcome);
      if (expect === 'ok') checkSuccess(outcome, scene, output);
      else checkFailure(outcome, scene, { expect, output });
      if (scene.says !== undefined) assert.match(outcome.stderr, scene.says);
      scene.check?.(outcome);
    }
  } finally {
    await stage.close();
  }
}

function checkSuccess(outcome: Ended, scene: Scene, output: string): void {
  assert.equal(outcome.status, 0, outcome.stderr);
  if (scene.lines !== undefined) assert.deepEqual(outcome.stdout.split('\n').slice(0, -1), scene.lines);
  if (scene.pull === undefined) return;
  const [file, ...others] = readdirSync(output);
  assert.deepEqual(others, []);
  assert.ok(file !== undefined, 'no file');
  assert.ok(scene.holds !== undefined, 'the case says what the file has to hold');
  const written = readFileSync(join(output, file));
  checkArchive(file.endsWith('.gz') ? gunzipSync(written) : written, scene.holds);
}

function checkFailure(
  { status, stderr }: Ended,
  scene: Scene,
  { expect, output }: { readonly expect: RegExp; readonly output: string },
): void {
  assert.notEqual(status, 0, 'it succeeded');
  assert.ok(
    status !== null && (scene.pull === undefined ? status >= 2 && status <= 7 : status === 1),
    `exit ${status}`,
  );
  assert.match(stderr, /^dray: /m);
  assert.match(stderr, expect);
  // Without the store, what has come is kept beside the file for the next run.
  const kept = scene.flags?.includes('--no-store') === true ? /\.dray-partial$/ : /^$/;
  const left = readdirSync(output).filter((name) => !kept.test(name));
  assert.deepEqual(left, [], 'something was left');
}

function argumentsOf({ pull, tags, flags = [] }: Scene, file: string): readonly string[] {
  if (pull === undefined) return ['tags', '--insecure', ...flags, tags ?? ''];
  return ['pull', '--insecure', '--platform', 'linux/amd64', ...flags, pull, '-o', file];
}
