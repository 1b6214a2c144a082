import type { KeychainOptions } from '#registry';
import type { TransportOptions } from '#transport';
import type { AccessOptions, TlsOptions } from './access/options.ts';
import type { EventFilter } from './observe/webhooks/options.ts';
import type { ImmutableRule, MaintenanceRules, QuotaRule, Schedule } from './operate/options.ts';
import type { PullThroughOptions } from './proxy/options.ts';

/**
 * A registry server, described. Plain data, so that it can come from a file and go to another process; all paths are absolute.
 * `DEFAULT_SETTINGS` is what holds where nothing is said.
 */
export interface ServeSettings {
  /** `HOST:PORT`, `:PORT` for all addresses of the machine, or `unix:///PATH`. */
  readonly listen: string;
  /** Folder of the images; undefined: they are kept in memory. */
  readonly data: string | undefined;
  /** True: they are kept in memory, whatever `data` says. */
  readonly memory: boolean;
  /** False: what was pushed last may be lost when the machine stops. */
  readonly sync: boolean;
  /** Undefined: http. */
  readonly tls: TlsOptions | undefined;
  readonly access: AccessOptions;
  /** What stands before `/v2/`, e.g. `/docker`; undefined: whatever does. */
  readonly prefix: string | undefined;
  /** Go with every answer, by name; those of the answer itself are stronger. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly deletes: boolean;
  /** True: nothing can be written. */
  readonly readOnly: boolean;
  readonly schema1: 'signed' | 'off';
  readonly indexes: 'sparse' | 'whole';
  /** Most names in one page of tags/list and _catalog, of those who ask for pages. */
  readonly pageSize: number;
  /** Bytes of the largest manifest that is taken. */
  readonly manifestLimit: number;
  /** Milliseconds that the body of a request may stand still. */
  readonly stallTimeout: number;
  /** Milliseconds that requests under way may take when the server is to end. */
  readonly drainTimeout: number;
  /** Processes that share the work; 0: this one does it. */
  readonly workers: number;
  readonly log: LogSettings;
  /** One more address, for health and figures alone, which asks nobody who he is. */
  readonly debug: string | undefined;
  /** The path of figures for Prometheus: at `debug`, or, where there is none, in the registry itself. Undefined: there are none. */
  readonly metrics: string | undefined;
  readonly immutable: readonly ImmutableRule[];
  readonly quotas: readonly QuotaRule[];
  /** What is cleared away by itself; uploads that nobody went on with for a week, if nothing else is said. */
  readonly maintenance: (MaintenanceRules & Schedule) | undefined;
  /** Other registries that are served from a cache. */
  readonly cache: CacheSettings | undefined;
  readonly health: HealthSettings;
  readonly webhooks: readonly WebhookSettings[];
}

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `none`: nothing is told. */
  readonly format: 'text' | 'json' | 'logstash' | 'none';
  /** Said of every message. */
  readonly fields: Readonly<Record<string, string>>;
  /** A line for each request. */
  readonly access: AccessLogSettings | undefined;
}

export interface AccessLogSettings {
  readonly format: 'json' | 'combined';
  /** A file, `stdout` or `stderr`. */
  readonly to: string;
}

/** What else must hold for the server to be ready. */
export interface HealthSettings {
  /** False: whether the folder can be written is not tried. */
  readonly storage: boolean;
  /** Bytes of the disk that must be free; 0: any number will do. */
  readonly free: number;
  readonly checks: readonly HealthCheckSettings[];
}

/** Times are in milliseconds. */
export type HealthCheckSettings = {
  readonly interval?: number | undefined;
  readonly timeout?: number | undefined;
  /** Failures one after the other until it counts. */
  readonly threshold?: number | undefined;
} & (
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly status?: number | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
);

/** Somebody who is told what happens. Times are in milliseconds. */
export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly timeout?: number | undefined;
  readonly threshold?: number | undefined;
  readonly backoff?: number | undefined;
  readonly ignore?: EventFilter | undefined;
  /** What a pushed manifest points to is told too. */
  readonly references: boolean;
}

export interface CacheSettings
  extends Omit<PullThroughOptions, 'folder' | 'keychain' | 'transport' | 'clock' | 'reclaim' | 'onEvent'> {
  /** How registries are reached and what this machine has for them; of no file: who starts the server says it. */
  readonly machine?: { readonly keychain: KeychainOptions; readonly transport: TransportOptions } | undefined;
}

export const DEFAULT_SETTINGS: ServeSettings = {
  listen: '127.0.0.1:5000',
  data: undefined,
  memory: false,
  sync: true,
  tls: undefined,
  access: {},
  prefix: undefined,
  headers: {},
  deletes: true,
  readOnly: false,
  schema1: 'signed',
  indexes: 'sparse',
  pageSize: 10_000,
  manifestLimit: 4 * 2 ** 20,
  stallTimeout: 60_000,
  drainTimeout: 30_000,
  workers: 0,
  log: { level: 'info', format: 'text', fields: {}, access: undefined },
  debug: undefined,
  metrics: undefined,
  immutable: [],
  quotas: [],
  maintenance: { uploads: {} },
  cache: undefined,
  health: { storage: true, free: 0, checks: [] },
  webhooks: [],
};

/** Some of the settings; of those in groups again some. */
export type SettingsPart = {
  readonly [K in keyof ServeSettings]?:
    | (K extends 'access' | 'log' | 'health' ? Partial<ServeSettings[K]> : ServeSettings[K])
    | undefined;
};

/** What `other` says, and what else `one` does. */
export function mergeSettings<T extends SettingsPart>(one: T, other: SettingsPart): T {
  const said = Object.fromEntries(Object.entries(other).filter(([, value]) => value !== undefined));
  return {
    ...one,
    ...said,
    access: { ...one.access, ...other.access },
    log: { ...one.log, ...other.log },
    health: { ...one.health, ...other.health },
  };
}

/** Puts parts together; of what several say, the last one counts. What nobody says is as in `DEFAULT_SETTINGS`. */
export function completeSettings(...parts: readonly SettingsPart[]): ServeSettings {
  return parts.reduce<ServeSettings>((all, part) => mergeSettings(all, part), DEFAULT_SETTINGS);
}
