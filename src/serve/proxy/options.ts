import type { Digest } from '#oci';
import type { Credential, Keychain } from '#registry';
import type { Clock } from '#timing';
import type { TlsSettings, TransportOptions } from '#transport';
import type { StorageOptions } from '../storage/port.ts';
import type { PullThroughEvent } from './events.ts';

/** A registry that is cached. Plain data. */
export interface UpstreamSettings {
  /**
   * The registry as names have it, `host[:port]`, `docker.io` for Docker Hub: what `?ns=` says of it, what rules, events and credentials call it.
   * No two upstreams have the same.
   */
  readonly domain: string;
  /** Where it is asked, `http[s]://host[:port][/prefix]`; `https://` and the domain by default, for `docker.io` https://registry-1.docker.io. */
  readonly url?: string | undefined;
  /**
   * What stands before its repositories here: `hub` makes `hub/library/alpine` of `library/alpine`. The domain by default, with `_` for what a name
   * cannot have. Empty: every name that is not below another prefix is one of its repositories; one upstream at most can have that.
   */
  readonly prefix?: string | undefined;
  /** What it gets to see; nothing by default. Goes to its own host alone. */
  readonly credential?: Credential | undefined;
  /** True: without `credential`, what `PullThroughOptions.keychain` finds for the domain is shown. */
  readonly useKeychain?: boolean | undefined;
  /** Repositories that may be cached, as globs of their paths there (`*` within a segment, `**` over several); all by default. */
  readonly allow?: readonly string[] | undefined;
  /** Repositories that are not, whatever `allow` says. */
  readonly deny?: readonly string[] | undefined;
  readonly tls?: TlsSettings | undefined;
  /** Sent to its own host alone. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** True: it is a cache of several registries itself and is told by `?ns=` which one is meant. */
  readonly sendNamespace?: boolean | undefined;
  /** In place of `PullThroughOptions.tagAge`. */
  readonly tagAge?: number | undefined;
}

/** Which repositories go where, by their names here; rules come before prefixes. */
export interface RouteRule {
  /** A glob of names: `*` within a segment, `**` over several. */
  readonly match: string;
  /** The domain of an upstream, where it has the name that it has here; `local`: it is kept here; `deny`: nobody gets it. */
  readonly to: string;
}

export interface PullThroughOptions {
  readonly upstreams: readonly UpstreamSettings[];
  /** In order: the first one that matches counts. */
  readonly rules?: readonly RouteRule[] | undefined;
  /** Where it keeps what it knows of its content, and what is on its way: `<root>/dray/proxy`. Made when needed; several processes share it. */
  readonly folder: string;
  /** Milliseconds that a tag is taken for what it was; 60,000 by default. 0: the upstream is asked every time. */
  readonly tagAge?: number | undefined;
  /** Milliseconds that "there is no such thing" is believed; 10,000 by default. */
  readonly absenceAge?: number | undefined;
  /** Milliseconds until an upstream that failed is asked again, where there is something to serve meanwhile; 10,000 by default. */
  readonly retryAfter?: number | undefined;
  /** Milliseconds that a client waits for an upstream where there is something to serve already; 5,000 by default. */
  readonly patience?: number | undefined;
  /** Most bytes of cached blobs; no bound by default. The least lately used go first, never what was read in the last minute. */
  readonly maxSize?: number | undefined;
  /** Milliseconds after which a cached blob goes that nobody has read; never by default. */
  readonly maxIdle?: number | undefined;
  /** Called with blobs that were taken from repositories to make room: drops the bytes of those that no repository holds, where the storage does not. */
  readonly reclaim?: ((digests: readonly Digest[], options: StorageOptions) => Promise<void>) | undefined;
  /** For upstreams with `useKeychain`: the machine's own. */
  readonly keychain?: Keychain | undefined;
  readonly transport?: TransportOptions | undefined;
  /** Retries of a request to an upstream; 3 by default. */
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Hears what the cache does. It neither throws nor waits. */
  readonly onEvent?: ((event: PullThroughEvent) => void) | undefined;
}
