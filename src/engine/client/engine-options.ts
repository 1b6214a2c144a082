import type { KeychainOptions } from '#registry';
import type { ProxySettings } from '#transport';

/**
 * How an engine is reached: plain data, put together by spreading (`{ ...fromEnv(env), version: 'negotiate' }`), where what comes later
 * wins. It is read and never changed.
 */
export interface EngineOptions {
  /**
   * `unix:///path`, `tcp://host:port/prefix`, `http://…`, `https://…`, `npipe:////./pipe/name` or `ssh://user@host:port/path`, as
   * DOCKER_HOST has it. Docker's own socket by default.
   */
  readonly host?: string | undefined;
  /**
   * The API version that requests are made with: `1.47` for that one, `negotiate` for the highest that both sides know. By default the
   * newest that is known here; an engine that is older refuses it.
   */
  readonly version?: string | undefined;
  /** For `tcp://`, where it means TLS, and `https://`; other hosts have no use for it. */
  readonly tls?: EngineTls | undefined;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds until a connection has to be there; 30,000 by default. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds that the engine may be silent where an answer is to come at once, then STALLED. No limit by default; nor is there one for
   * what takes the engine long, or waits for what happens there (pull, push, load, save, build, remove, prune, events, logs that are followed, …).
   */
  readonly timeout?: number | undefined;
  /** For `tcp://` and `http(s)://`. */
  readonly proxy?: ProxySettings | undefined;
  /** For `ssh://`. */
  readonly ssh?: EngineSsh | undefined;
  /** Where credentials for registries are looked up that an engine is to be given. None by default. */
  readonly auth?: KeychainOptions | undefined;
}

/** Each a PEM text, or the path of a file that has it. */
export interface EngineTls {
  /** The authorities that may have signed the engine's certificate; those that Node trusts by default. */
  readonly ca?: string | undefined;
  /** The client's own certificate, and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False: any certificate will do. True by default. */
  readonly verify?: boolean | undefined;
  /** The name that the certificate has to be for; that of the host by default. */
  readonly serverName?: string | undefined;
}

export interface EngineSsh {
  /** The program; `ssh` by default, found by PATH. */
  readonly command?: string | undefined;
  /** Flags that come before dray's own. */
  readonly args?: readonly string[] | undefined;
  /** Its environment; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}
