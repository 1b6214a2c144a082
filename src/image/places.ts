import type { Carrier } from '#content';
import type { Platform } from '#oci';
import type { RegistryClient } from '#registry';
import type { DiskStore } from '#store';
import type { EngineArchives } from './engine-archives.ts';

/** The places that the verbs work on; whoever calls a verb has built them. */
export interface Places {
  readonly registries: RegistryClient;
  /** For registries that are written to, where other settings hold for them than for those that are read. */
  readonly targets?: RegistryClient | undefined;
  /** The local store, opened when it is first asked for. */
  readonly store: () => Promise<DiskStore>;
  /** A store for this run alone, gone when the work is over. */
  readonly scratch: () => Promise<DiskStore>;
  /** Other threads for large pulls, where there are any. */
  readonly carrier: (() => Promise<Carrier>) | undefined;
  /** The Docker engine that `docker-daemon:` stands for, where there is one to be asked. */
  readonly engine?: (() => Promise<EngineArchives>) | undefined;
  /** Failures in a row, without progress between, that a transfer bears; 5 where nothing is said. */
  readonly retries?: number | undefined;
  /** The machine's own platform; linux on systems that run containers in a virtual machine. */
  readonly host: Platform;
  /** False: files are not flushed to the disk before they count as written. */
  readonly sync: boolean;
}
