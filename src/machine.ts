import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrayError, messageOf } from '#errors';
import type { Places } from '#image';
import { hostPlatform, type Platform } from '#oci';
import { createRegistryClient, type RegistryClient, readDraySettings } from '#registry';
import { type DiskStore, openDiskStore, type PartialBounds } from '#store';
import type { Defaults } from './defaults.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { DrayOptions, EndOptions } from './dray.ts';
import { NamedDomains, registrySettings, type Settings } from './settings.ts';
import type { Threads } from './threads.ts';

/** Set by the bundler. */
declare const DRAY_VERSION: string | undefined;

/** Tells the bundled command that it is to be a worker. */
const WORKER_FLAG = '--dray-worker';
/** More would wait for the network or the disk. */
const MOST_THREADS = 3;

interface Opened {
  readonly places: Places;
  readonly concurrency: number | undefined;
}

/** What a caller says about platforms. */
interface PlatformChoice {
  readonly platform?: string | readonly string[] | undefined;
  readonly allPlatforms?: boolean | undefined;
}

/** The places of this machine and user, opened when they are first asked for. What the verbs of `Dray` work on. */
export class Machine {
  readonly options: DrayOptions;
  readonly known: Defaults;
  readonly #named = new NamedDomains();
  readonly #scratch: string[] = [];
  readonly #ends: RegistryClient[] = [];
  #threads: Threads | undefined;
  #engine: DockerEngine | undefined;
  #opened: Promise<Opened> | undefined;
  #store: Promise<DiskStore> | undefined;
  readonly #parent: Machine | undefined;

  /** With `parent`: over the same store and threads, which stay open when this one is closed. */
  constructor(options: DrayOptions, known: Defaults, parent?: Machine) {
    this.options = options;
    this.known = known;
    this.#parent = parent;
  }

  /** The same machine with other settings for registries. */
  with(own: EndOptions): Machine {
    return new Machine({ ...this.options, ...said(own) }, this.known, this);
  }

  /** The places, for work on these references: what the options say of "the registries named" holds for theirs. */
  async open(references: readonly string[]): Promise<Opened> {
    for (const reference of references) this.#named.note(reference);
    this.#opened ??= this.#openPlaces().catch((error: unknown) => {
      // What is wrong may be mended before the next call.
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** The places for a copy, where either end may have settings of its own. */
  async openEnds(sources: readonly string[], targets: readonly string[]): Promise<Opened> {
    const { source, target } = this.options;
    if (source === undefined && target === undefined) return this.open([...sources, ...targets]);
    const opened = await this.open([]);
    const registries = await this.#openEnd(source, sources);
    return { ...opened, places: { ...opened.places, registries, targets: await this.#openEnd(target, targets) } };
  }

  /** The store alone: nothing of registries is read. */
  store(): Promise<DiskStore> {
    if (this.#parent !== undefined) return this.#parent.store();
    const { root = this.known.root, sync } = this.options;
    this.#store ??= openDiskStore({ root, sync }).catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  /** What the user's settings say of partial downloads; of what they do not say there is no key. */
  async partialBounds(): Promise<Partial<PartialBounds>> {
    const { maxAge, maxSize } = (await readDraySettings(this.known.settingsFile)).partials;
    return { ...(maxAge !== undefined && { maxAge }), ...(maxSize !== undefined && { maxSize }) };
  }

  /** The environment's platform, where the caller says nothing. */
  forPlatform<T extends PlatformChoice>(options: T): T {
    const { platform } = this.known;
    if (platform === undefined || options.platform !== undefined || options.allPlatforms === true) return options;
    return { ...options, platform };
  }

  host(): Platform {
    return hostPlatform({ platform: process.platform, arch: process.arch });
  }

  settings(): Promise<Settings> {
    return registrySettings(this.options, this.known, this.#named);
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    opened?.places.registries.close();
    for (const end of this.#ends.splice(0)) end.close();
    this.#engine?.close();
    await this.#threads?.close();
    // What cannot be removed is left to the system, whose temporary files these are.
    await Promise.allSettled(this.#scratch.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  }

  async #openEnd(own: EndOptions = {}, references: readonly string[]): Promise<RegistryClient> {
    const named = new NamedDomains();
    for (const reference of references) named.note(reference);
    const { client } = await registrySettings({ ...this.options, ...said(own) }, this.known, named);
    const registries = createRegistryClient(client);
    this.#ends.push(registries);
    return registries;
  }

  async #openPlaces(): Promise<Opened> {
    const { client, concurrency } = await this.settings();
    const places: Places = {
      registries: createRegistryClient(client),
      store: () => this.store(),
      scratch: () => this.#openScratch(),
      carrier: () => this.#openThreads(),
      engine: () => this.#openEngine(),
      retries: client.retries,
      host: this.host(),
      sync: this.options.sync !== false,
    };
    return { places, concurrency };
  }

  async #openThreads(): Promise<Threads> {
    if (this.#parent !== undefined) return this.#parent.#openThreads();
    const count = this.options.threads ?? Math.min(availableParallelism() - 1, MOST_THREADS);
    const { createThreads } = await import('./threads.ts');
    this.#threads ??= createThreads({ ...workerScript(), count });
    return this.#threads;
  }

  async #openEngine(): Promise<DockerEngine> {
    const { openDockerEngine } = await import('./docker-engine.ts');
    this.#engine ??= openDockerEngine(this.options.engine, this.options.env ?? {});
    return this.#engine;
  }

  async #openScratch(): Promise<DiskStore> {
    const folder = await mkdtemp(join(tmpdir(), 'dray-')).catch((error: unknown) => {
      throw new DrayError('IO_FAILED', `cannot make a folder in ${tmpdir()}: ${messageOf(error)}`, { cause: error });
    });
    this.#scratch.push(folder);
    return openDiskStore({ root: folder, sync: false });
  }
}

/** What an option does not say leaves what held before. */
function said(own: EndOptions): EndOptions {
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
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
