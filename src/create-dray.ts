import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallOptions } from '#content';
import { DrayError, messageOf } from '#errors';
import {
  type ListImagesOptions,
  type LoginOptions,
  type LoginResult,
  type LookOptions,
  listImages,
  listTags,
  lookAtConfig,
  lookAtDigest,
  lookAtManifest,
  type ManifestResult,
  type Places,
  type PullOptions,
  type PullPlan,
  type PullResult,
  planPull,
  pullAll,
  type StoredImage,
} from '#image';
import { hostPlatform, type Platform } from '#oci';
import { checkLogin, createRegistryClient, hostOf, login, logout } from '#registry';
import { type DiskStore, openDiskStore } from '#store';
import { type Defaults, defaults } from './defaults.ts';
import type { Dray, DrayOptions } from './dray.ts';
import { configFileOf, NamedDomains, registrySettings, type Settings } from './settings.ts';
import type { Threads } from './threads.ts';

/** Set by the bundler. */
declare const DRAY_VERSION: string | undefined;

/** Tells the bundled command that it is to be a worker. */
const WORKER_FLAG = '--dray-worker';
/** More would wait for the network or the disk. */
const MOST_THREADS = 3;

/**
 * dray over the local store and all registries. Nothing is read or made before the first call; `close` at the end lets the process end.
 * The environment and docker's files are read as the docker command reads them, unless `env` says otherwise.
 */
export function createDray(options: DrayOptions = {}): Dray {
  const all = { ...options, env: options.env ?? process.env };
  return new LocalDray(all, defaults(all.env, homeFolder(), process.platform));
}

class LocalDray implements Dray {
  readonly #options: DrayOptions;
  readonly #known: Defaults;
  readonly #named = new NamedDomains();
  readonly #scratch: string[] = [];
  #threads: Threads | undefined;
  #opened: Promise<Opened> | undefined;
  #store: Promise<DiskStore> | undefined;

  constructor(options: DrayOptions, known: Defaults) {
    this.#options = options;
    this.#known = known;
  }

  async pull(reference: string, options?: PullOptions): Promise<PullResult> {
    const [result] = await this.pullAll([reference], options);
    if (result === undefined) throw new DrayError('NOT_FOUND', `nothing was pulled for ${reference}`);
    return result;
  }

  async pullAll(references: readonly string[], options: PullOptions = {}): Promise<readonly PullResult[]> {
    const { places, concurrency } = await this.#open(references);
    const { concurrency: own = concurrency } = options;
    return pullAll(references, places, { ...this.#forPlatform(options), concurrency: own });
  }

  async plan(reference: string, options: PullOptions = {}): Promise<PullPlan> {
    const { places } = await this.#open([reference]);
    return planPull(reference, places, this.#forPlatform(options));
  }

  async images(options?: ListImagesOptions): Promise<readonly StoredImage[]> {
    return listImages(await this.#openStore(), this.#host(), options);
  }

  async manifest(reference: string, options?: LookOptions): Promise<ManifestResult> {
    const { places } = await this.#open([reference]);
    return lookAtManifest(reference, places, options);
  }

  async config(reference: string, options: LookOptions = {}): Promise<Uint8Array> {
    const { places } = await this.#open([reference]);
    return lookAtConfig(reference, places, this.#forPlatform(options));
  }

  async digest(reference: string, options?: LookOptions): Promise<string> {
    const { places } = await this.#open([reference]);
    return lookAtDigest(reference, places, options);
  }

  async tags(repository: string, options?: CallOptions): Promise<readonly string[]> {
    const { places } = await this.#open([repository]);
    return listTags(repository, places.registries, options);
  }

  async login(server: string | undefined, options: LoginOptions): Promise<LoginResult> {
    const { username, password, identityToken, signal, onEvent } = options;
    const { client } = await this.#settings();
    return login({
      server,
      credential: { username, password, identityToken },
      configFile: configFileOf(this.#options, this.#known),
      env: this.#options.env,
      verify: (credential, call) =>
        checkLogin(server === undefined ? 'docker.io' : hostOf(server), credential, { ...client, ...call }),
      signal,
      onEvent,
    });
  }

  async logout(server: string | undefined, options?: CallOptions): Promise<boolean> {
    return logout({
      server,
      configFile: configFileOf(this.#options, this.#known),
      env: this.#options.env,
      ...options,
    });
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    opened?.places.registries.close();
    await this.#threads?.close();
    // What cannot be removed is left to the system, whose temporary files these are.
    await Promise.allSettled(this.#scratch.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** The environment's platform, where the caller says nothing. */
  #forPlatform<T extends PullOptions>(options: T): T {
    const { platform } = this.#known;
    if (platform === undefined || options.platform !== undefined || options.allPlatforms === true) return options;
    return { ...options, platform };
  }

  #host(): Platform {
    return hostPlatform({ platform: process.platform, arch: process.arch });
  }

  async #open(references: readonly string[]): Promise<Opened> {
    for (const reference of references) this.#named.note(reference);
    this.#opened ??= this.#openPlaces().catch((error: unknown) => {
      // What is wrong may be mended before the next call.
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #openPlaces(): Promise<Opened> {
    const { client, concurrency } = await this.#settings();
    const places: Places = {
      registries: createRegistryClient(client),
      store: () => this.#openStore(),
      scratch: () => this.#openScratch(),
      carrier: () => this.#openThreads(),
      retries: client.retries,
      host: this.#host(),
      sync: this.#options.sync !== false,
    };
    return { places, concurrency };
  }

  async #openThreads(): Promise<Threads> {
    const count = this.#options.threads ?? Math.min(availableParallelism() - 1, MOST_THREADS);
    const { createThreads } = await import('./threads.ts');
    this.#threads ??= createThreads({ ...workerScript(), count });
    return this.#threads;
  }

  #settings(): Promise<Settings> {
    return registrySettings(this.#options, this.#known, this.#named);
  }

  #openStore(): Promise<DiskStore> {
    const { root = this.#known.root, sync } = this.#options;
    this.#store ??= openDiskStore({ root, sync }).catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  async #openScratch(): Promise<DiskStore> {
    const folder = await mkdtemp(join(tmpdir(), 'dray-')).catch((error: unknown) => {
      throw new DrayError('IO_FAILED', `cannot make a folder in ${tmpdir()}: ${messageOf(error)}`, { cause: error });
    });
    this.#scratch.push(folder);
    return openDiskStore({ root: folder, sync: false });
  }
}

/** A user that the system does not know, as containers have them, has no home. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** The bundled command has its worker beside it; where that was left behind, its own file does as well. */
function workerScript(): { readonly script: URL; readonly argv: readonly string[] } {
  if (typeof DRAY_VERSION === 'string') {
    const worker = new URL('./dray-worker.mjs', import.meta.url);
    if (existsSync(worker)) return { script: worker, argv: [] };
    return { script: new URL(import.meta.url), argv: [WORKER_FLAG] };
  }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return { script: new URL(`./worker-main.${extension}`, import.meta.url), argv: [] };
}

interface Opened {
  readonly places: Places;
  readonly concurrency: number | undefined;
}
