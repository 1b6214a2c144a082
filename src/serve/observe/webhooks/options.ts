import type { Clock } from '#timing';
import type { Transport } from '#transport';
import type { ServerLog } from '../log/server-log.ts';
import type { RegistryEvent } from '../port.ts';

/** Somebody who is told of events. Defaults are distribution's. */
export interface WebhookEndpoint {
  /** One of its kind; made of letters, digits, `.`, `_`, `-` where its events are kept in a file. */
  readonly name: string;
  /** A name and password in it are sent as Basic authentication. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Milliseconds for one attempt; 1000 by default. */
  readonly timeout?: number | undefined;
  /** How often something is sent without waiting in between; 10 by default. */
  readonly threshold?: number | undefined;
  /** Milliseconds between attempts beyond those; 1000 by default. */
  readonly backoff?: number | undefined;
  /** What it does not want to hear of. */
  readonly ignore?: EventFilter | undefined;
  /** True: events of manifests say what those point to. */
  readonly references?: boolean | undefined;
  /** True: it is not told of anything. */
  readonly disabled?: boolean | undefined;
}

export interface EventFilter {
  readonly mediaTypes?: readonly string[] | undefined;
  readonly actions?: readonly RegistryEvent['action'][] | undefined;
}

export interface WebhookOptions {
  readonly endpoints: readonly WebhookEndpoint[];
  /** Who tells: `host:port` of this server, and something that no other one has. */
  readonly source: { readonly address: string; readonly instance: string };
  /** `https://registry.example`: begins the URLs of what events are about; by default as the client wrote it. */
  readonly origin?: string | undefined;
  /** Most events that wait for one endpoint; 10,000 by default. What comes then is dropped, counted and told of. */
  readonly limit?: number | undefined;
  /** Most events in one message; 1 by default, as distribution sends them. */
  readonly batch?: number | undefined;
  /** Where events are kept until they have been told, so that they outlast this process, which alone uses it; in memory only by default. */
  readonly folder?: string | undefined;
  /** Must not follow redirects, which would take headers elsewhere; one without proxies by default. */
  readonly send?: Transport | undefined;
  readonly log?: ServerLog | undefined;
  readonly clock?: Clock | undefined;
}
