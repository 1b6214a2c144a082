import type { PlainError } from '#content';
import type { ListenAddress } from '../listen-address.ts';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import type { RegistryEvent } from '../observe/port.ts';
import type { ServeSettings } from '../settings.ts';

/** What the first process of a server says to those that answer. */
export type ToWorker =
  | { readonly kind: 'start'; readonly settings: ServeSettings; readonly address: ListenAddress }
  | { readonly kind: 'figures'; readonly id: number }
  | { readonly kind: 'collected'; readonly id: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'drain'; readonly timeout: number }
  | { readonly kind: 'hurry' }
  /** As `RegistryServer.reload`. */
  | { readonly kind: 'reload' };

/** What they say to it. */
export type FromWorker =
  /** It listens: Node 20 loses what is said before. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: PlainError }
  /** Something happened that webhooks are to be told of. */
  | { readonly kind: 'event'; readonly event: RegistryEvent }
  /** The figures of this process, as asked for. */
  | { readonly kind: 'figures'; readonly id: number; readonly snapshot: MetricsSnapshot }
  /** Somebody wants the figures of the whole server. */
  | { readonly kind: 'collect'; readonly id: number }
  | { readonly kind: 'drained'; readonly cut: number };
