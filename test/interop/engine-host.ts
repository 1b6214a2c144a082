import assert from 'node:assert/strict';
import { delimiter, join } from 'node:path';
import { type ImageStore, startDockerDaemon } from './dockerd.ts';
import { peerPath } from './peers.ts';
import { COMMAND, type Ended, finish, makeFolder, type RunOptions } from './run.ts';
import { type Service, startService } from './service.ts';

/** Which engine: dray's, or Docker's own with one of its two ways to keep images, to prove a test with. */
export type EngineKind = 'dray' | ImageStore;

/** An engine that runs until the file's tests are over, and a user of the docker command with a home of their own. */
export interface EngineHost {
  readonly kind: EngineKind;
  /** Where the user's files are; commands run here. */
  readonly home: string;
  /** For DOCKER_HOST. */
  readonly host: string;
  /** docker, whatever comes of it. */
  docker(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** A line for bash, as a user types it, whatever comes of it. */
  type(line: string, options?: RunOptions): Promise<Ended>;
  /** What the engine itself has printed; nothing of Docker's. */
  said(): string;
}

/** docker as this machine has it comes before the peers' one: recordings are of that. */
const PATH = [process.env['PATH'] ?? '', peerPath].join(delimiter);

export async function startEngineHost(kind: EngineKind, ...flags: readonly string[]): Promise<EngineHost> {
  const home = makeFolder();
  const { host, service } = kind === 'dray' ? await startDrayEngine(flags) : await startDockers(kind);
  const env = { HOME: home, DOCKER_HOST: host, PATH, TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  const withEnv = (options: RunOptions = {}): RunOptions => ({
    cwd: home,
    ...options,
    env: { ...env, ...options.env },
  });
  return {
    kind,
    home,
    host,
    docker: (args, options) => finish('docker', args, withEnv(options)),
    type: (line, options) => finish('bash', ['-c', line], withEnv(options)),
    said: () => service?.said() ?? '',
  };
}

export interface DrayEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly socket: string;
  readonly pid: number;
  readonly service: Service;
}

/** `dray engine` as users start it, with a store of its own. */
export async function startDrayEngine(flags: readonly string[] = []): Promise<DrayEngine> {
  const folder = makeFolder();
  const socket = join(folder, 'engine.sock');
  const host = `unix://${socket}`;
  const own = ['--root', join(folder, 'store'), '--config', join(folder, 'config'), '--no-sync'];
  const words = [COMMAND, 'engine', '-q', '--listen', host, ...own, ...flags];
  // It says so when it listens; its socket is there a moment before.
  const service = await startService(process.execPath, words, async (said) => said.endsWith('\n'));
  assert.equal(service.said(), `${host}\n`);
  return { host, socket, pid: service.pid, service };
}

async function startDockers(kind: ImageStore): Promise<{ readonly host: string; readonly service?: Service }> {
  const { host } = await startDockerDaemon(kind);
  return { host };
}
