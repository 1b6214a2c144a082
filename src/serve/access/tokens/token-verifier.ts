import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { type JsonObject, parseJsonStrict, printable } from '#oci';
import { BoundedMap } from '../../proxy/bounded-map.ts';
import type { SigningAlgorithm } from '../options.ts';
import type { Principal } from '../principal.ts';
import { type Grants, readGrants } from './grants.ts';
import type { TrustedKeys } from './trusted-keys.ts';

export interface TokenVerifierOptions {
  readonly keys: TrustedKeys;
  readonly issuer: string;
  readonly service: string;
  readonly algorithms?: readonly SigningAlgorithm[] | undefined;
  /** Who the bearer of a good token is. */
  readonly principalOf: (subject: string | undefined, grants: Grants) => Principal;
}

export const ALGORITHMS: readonly SigningAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];
/** Seconds that clocks may differ. */
const LEEWAY = 60;
const MOST_REMEMBERED = 10_000;

interface Remembered {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** JSON Web Tokens as distribution takes them. Those that were found good are remembered until they end, or the keys change. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #algorithms: string[];
  readonly #good = new BoundedMap<string, Remembered>(MOST_REMEMBERED);
  #version: unknown;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    const algorithms: readonly string[] = options.algorithms ?? ALGORITHMS;
    // RFC 9864 calls it by its curve
    this.#algorithms = algorithms.flatMap((name) => (name === 'EdDSA' ? [name, 'Ed25519'] : [name]));
  }

  /** Undefined for a token that is not good. Answers at once for one that was good before. */
  verify(token: string): Principal | Promise<Principal | undefined> {
    const { version } = this.#options.keys;
    if (version !== this.#version) {
      this.#version = version;
      this.#good.clear();
    }
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#good.get(key);
    return known !== undefined && Date.now() < known.until ? known.principal : this.#check(token, key);
  }

  async #check(token: string, key: string): Promise<Principal | undefined> {
    const { keys, issuer, service, principalOf } = this.#options;
    const version = this.#version;
    try {
      refuseAmbiguous(token);
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          const found = await keys.find(header);
          if (found === undefined) throw new Error('no key is known for it');
          return found;
        },
        {
          algorithms: this.#algorithms,
          issuer,
          audience: service,
          clockTolerance: LEEWAY,
          requiredClaims: ['exp'],
        },
      );
      const grants = readGrants(payload as JsonObject);
      if (grants === undefined || payload.exp === undefined) return undefined;
      const { sub } = payload;
      const principal = principalOf(typeof sub === 'string' && sub !== '' ? printable(sub) : undefined, grants);
      if (version === this.#version) this.#good.set(key, { principal, until: (payload.exp + LEEWAY) * 1000 });
      return principal;
    } catch {
      // Why is told to nobody: it helps those who make tokens up.
      return undefined;
    }
  }
}

/** Two readers must understand a token in one way: a key twice in its header or its claims makes it none. */
function refuseAmbiguous(token: string): void {
  const [header = '', claims = ''] = token.split('.', 2);
  parseJsonStrict(Buffer.from(header, 'base64url'), 'the header');
  parseJsonStrict(Buffer.from(claims, 'base64url'), 'the claims');
}
