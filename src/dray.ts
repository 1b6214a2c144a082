import type { EngineOptions } from '#engine';
import type { Credential } from '#registry';
import type { LoginVerbs } from './login-verbs.ts';
import type { LookVerbs } from './look-verbs.ts';
import type { RegistryVerbs } from './registry-verbs.ts';
import type { SettingsVerbs } from './settings-verbs.ts';
import type { StoreVerbs } from './store-verbs.ts';
import type { TransferVerbs } from './transfer-verbs.ts';
import type { UnpackVerbs } from './unpack-verbs.ts';

/**
 * dray, ready to use: a local store and all registries. References are names as docker takes them; invalid ones reject with
 * INVALID_REFERENCE before anything is asked.
 */
export interface Dray
  extends TransferVerbs,
    StoreVerbs,
    LookVerbs,
    RegistryVerbs,
    LoginVerbs,
    UnpackVerbs,
    SettingsVerbs {
  /**
   * The same store with other settings for registries, such as somebody else's credentials. It is closed on its own; what it shares stays open
   * until this one is closed.
   */
  with(options: EndOptions): Dray;
  /** Ends idle connections and threads, so that the process can end by itself. */
  close(): Promise<void>;
}

/** How to reach one of the registries of a copy, in place of what holds for both. */
export type EndOptions = Pick<
  DrayOptions,
  | 'mirrors'
  | 'insecure'
  | 'caFile'
  | 'certDir'
  | 'credentials'
  | 'storedCredentials'
  | 'anonymous'
  | 'proxy'
  | 'headers'
>;

/** Everything about this machine and user that dray does not look up by itself below its doors. Plain data. */
export interface DrayOptions {
  /** Folder of the store; by default where `defaults(env, home)` says. */
  readonly root?: string | undefined;
  /** Mirrors asked first, for every registry that the call names. */
  readonly mirrors?: readonly string[] | undefined;
  /** Hosts (`host[:port]`) that may be plain http, or TLS without a check; `true` for every host named in a reference. */
  readonly insecure?: readonly string[] | boolean | undefined;
  /** A CA bundle (PEM file) trusted for the registries named. */
  readonly caFile?: string | undefined;
  /** A folder as docker's certs.d/<host>: *.crt, *.cert, *.key. */
  readonly certDir?: string | undefined;
  /** For the registry of the reference, never for mirrors. */
  readonly credentials?: Credential | undefined;
  /** False: no credentials but `credentials`, not even to others than the registry of the reference: those that docker keeps for the user are left alone. */
  readonly storedCredentials?: boolean | undefined;
  /** Send no credentials at all. */
  readonly anonymous?: boolean | undefined;
  /** Proxy for all requests, in place of the environment's. */
  readonly proxy?: string | undefined;
  /** Sent to the registry of the reference, never to mirrors or along redirects. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Retries of a request or a transfer without progress; 5 by default. */
  readonly retries?: number | undefined;
  /** Milliseconds; 30,000 by default. */
  readonly stallTimeout?: number | undefined;
  /** Bytes per second, all transfers together. */
  readonly limitRate?: number | undefined;
  /** Layers in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
  /** Threads for large pulls, besides the caller's own; by default one less than there are processors, at most 3. */
  readonly threads?: number | undefined;
  /** False: no fsync. */
  readonly sync?: boolean | undefined;
  /** For the registry that a copy reads from. */
  readonly source?: EndOptions | undefined;
  /** For the registry that a copy writes to. */
  readonly target?: EndOptions | undefined;
  /** The engine of `docker-daemon:`; by default the one that the docker command would use. */
  readonly engine?: EngineOptions | undefined;
  /** Folder of docker's config.json. */
  readonly configDir?: string | undefined;
  /** Environment to read settings from; `process.env` by default, `{}` for none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}
