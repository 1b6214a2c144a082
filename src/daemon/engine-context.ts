import type { Dray } from '#dray';
import type { EventBus } from './events/event-bus.ts';

/** What the endpoints work on. */
export interface EngineContext {
  /** Sends no credentials of its own to registries: each client brings its own. */
  readonly dray: Dray;
  /** Version of dray. */
  readonly version: string;
  readonly events: EventBus;
  /** Aborts when the engine is to end: answers without an end of their own (events, logs that are followed) end then. */
  readonly closing: AbortSignal;
}
