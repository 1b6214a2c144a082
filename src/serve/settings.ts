import type { AccessOptions, TlsOptions } from './access/options.ts';

/**
 * A registry server, described. Plain data, so that it can come from a file and go to another process; all paths are absolute.
 * `DEFAULT_SETTINGS` is what holds where nothing is said.
 */
export interface ServeSettings {
  /** `HOST:PORT`, `:PORT` for all addresses of the machine, or `unix:///PATH`. */
  readonly listen: string;
  readonly storage: StorageSettings;
  /** Undefined: http. */
  readonly tls: TlsOptions | undefined;
  readonly access: AccessOptions;
  /** What stands before `/v2/`, e.g. `/docker`; undefined: whatever does. */
  readonly prefix: string | undefined;
  readonly deletes: boolean;
  /** True: nothing can be written. */
  readonly readOnly: boolean;
  readonly schema1: 'signed' | 'off';
  readonly indexes: 'sparse' | 'whole';
  /** Most names in one answer of tags/list and _catalog. */
  readonly pageSize: number;
  /** Bytes of the largest manifest that is taken. */
  readonly manifestLimit: number;
  /** Milliseconds that the body of a request may stand still. */
  readonly stallTimeout: number;
  /** Milliseconds that requests under way may take when the server is to end. */
  readonly drainTimeout: number;
  /** Processes that share the work; 0: this one does it. */
  readonly workers: number;
}

export type StorageSettings =
  | {
      readonly kind: 'folder';
      readonly root: string;
      /** False: what a crash of the machine takes away is not waited for. */
      readonly sync: boolean;
    }
  | { readonly kind: 'memory' };

/** Everything but where the data is; without that it is kept in memory. */
export const DEFAULT_SETTINGS: ServeSettings = {
  listen: '127.0.0.1:5000',
  storage: { kind: 'memory' },
  tls: undefined,
  access: {},
  prefix: undefined,
  deletes: true,
  readOnly: false,
  schema1: 'signed',
  indexes: 'sparse',
  pageSize: 10_000,
  manifestLimit: 4 * 2 ** 20,
  stallTimeout: 60_000,
  drainTimeout: 30_000,
  workers: 0,
};
