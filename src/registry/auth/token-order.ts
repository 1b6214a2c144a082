import type { OnEvent } from '#progress';
import type { Clock } from '#timing';
import type { Transport } from '#transport';
import type { Credential } from '../types.ts';
import type { Asking } from './realm.ts';

/** What a token is wanted for, of whom, and with what to show. */
export interface TokenOrder {
  /** The registry that the token is for. */
  readonly asking: Asking;
  /** From `checkRealm`. */
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** Asks for an identity token besides, as a login does. */
  readonly offline?: boolean | undefined;
}

/** How token services are asked. */
export interface TokenMeans {
  /** With its retries; redirects are followed here, where it is known what is secret. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly clientId: string;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}
