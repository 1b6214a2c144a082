import type { Page } from '../api/options.ts';
import type { Challenge } from './challenge.ts';
import type { IdentifyOptions } from './identify.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

/** Tokens that are taken, if any, and what those are told who bring nothing. */
export interface Means {
  readonly tokens: TokenVerifier | undefined;
  readonly challenge: Challenge | undefined;
  readonly pages: ReadonlyMap<string, Page>;
  close(): void;
}

/** All other ways to say who one is. */
export type OtherWays = Omit<IdentifyOptions, 'tokens' | 'challenge'>;
