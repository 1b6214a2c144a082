import type { DrayError } from '#errors';
import type { Page } from '../api/options.ts';
import type { Challenge } from './challenge.ts';
import type { IdentifyOptions } from './identify.ts';
import type { TokenOptions, TokenServiceOptions } from './options.ts';
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

export interface MeansOptions {
  readonly tokens: TokenOptions | undefined;
  readonly tokenService: TokenServiceOptions | undefined;
  readonly ways: OtherWays;
  readonly basic: Challenge | undefined;
  readonly onProblem: (error: DrayError) => void;
}

/** Opens what tokens need; without any those who bring nothing are asked for a password. */
export async function openMeans({ tokens, tokenService, ways, basic, onProblem }: MeansOptions): Promise<Means> {
  if (tokenService !== undefined) {
    const { openTokenService } = await import('./token-service/open-token-service.ts');
    return openTokenService(tokenService, ways, basic);
  }
  if (tokens !== undefined) return (await import('./tokens/open-tokens.ts')).openTokens(tokens, onProblem);
  return { tokens: undefined, challenge: basic, pages: new Map(), close: () => {} };
}
