import type { CarryJob, PlainError } from '#content';
import type { ProgressEvent } from '#progress';

/** What a thread is told. */
export type ToThread =
  | { readonly kind: 'carry'; readonly id: number; readonly job: CarryJob }
  | { readonly kind: 'cancel'; readonly id: number };

export interface EventOfThread {
  readonly kind: 'event';
  readonly id: number;
  readonly event: ProgressEvent;
}

/** What a thread says: any number of events of a job, then its end. */
export type FromThread =
  | EventOfThread
  | { readonly kind: 'done'; readonly id: number; readonly verified: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError };
