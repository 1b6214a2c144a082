import type { KeyObject, X509Certificate } from 'node:crypto';
import { DrayError } from '#errors';
import type { TokenOptions } from '../options.ts';
import { readCertificates } from '../read-certificates.ts';
import { WatchedFile } from '../watched-file.ts';
import { libtrustId, thumbprint } from './key-ids.ts';
import { keyOfChain } from './key-of-chain.ts';
import { type JwksKey, readJwks } from './read-jwks.ts';
import { RemoteJwks } from './remote-jwks.ts';

/** What of a token's header tells its key. Keys, and addresses of keys, that stand in it (`jwk`, `jku`, `x5u`) never count. */
export interface KeyHint {
  readonly alg?: string | undefined;
  readonly kid?: string | undefined;
  readonly x5c?: readonly string[] | undefined;
}

export interface TrustedKeys {
  /** Another value as soon as the keys may be others. */
  readonly version: unknown;
  find(hint: KeyHint): KeyObject | undefined | Promise<KeyObject | undefined>;
  close(): void;
}

interface Roots {
  readonly certificates: readonly X509Certificate[];
  readonly keys: readonly JwksKey[];
}

const FILE_LIMIT = 4 * 1024 * 1024;
/** OpenSSL's name of the kind of key that an algorithm is for, and of its curve. */
const KINDS: Readonly<Record<string, string>> = {
  ES256: 'ec prime256v1',
  ES384: 'ec secp384r1',
  ES512: 'ec secp521r1',
  EdDSA: 'ed25519',
  Ed25519: 'ed25519',
};

/** Opens the keys that TokenOptions names. Throws where a file cannot be used; a URL that does not answer is told to `onProblem`. */
export async function openTrustedKeys(
  options: TokenOptions,
  onProblem: (error: DrayError) => void,
): Promise<TrustedKeys> {
  const { rootCertBundle, jwks } = options;
  if (rootCertBundle === undefined && jwks === undefined) {
    throw new DrayError('INVALID_CONFIGURATION', 'tokens cannot be verified without rootcertbundle or jwks');
  }
  const roots =
    rootCertBundle === undefined
      ? undefined
      : new WatchedFile<Roots>({
          path: rootCertBundle,
          what: 'the bundle of root certificates',
          limit: FILE_LIMIT,
          parse: (text) => readRoots(text, rootCertBundle),
          onProblem,
        });
  const isUrl = jwks !== undefined && /^https?:\/\//i.test(jwks);
  const remote = isUrl ? new RemoteJwks(urlOf(jwks), onProblem) : undefined;
  const file =
    jwks === undefined || isUrl
      ? undefined
      : new WatchedFile({
          path: jwks,
          what: 'the key set',
          limit: FILE_LIMIT,
          parse: (text) => readJwks(text, jwks),
          onProblem,
        });
  await remote?.refresh();
  return new Keys(roots, file, remote);
}

class Keys implements TrustedKeys {
  readonly #roots: WatchedFile<Roots> | undefined;
  readonly #file: WatchedFile<readonly JwksKey[]> | undefined;
  readonly #remote: RemoteJwks | undefined;
  #seen: readonly unknown[] = [];

  constructor(
    roots: WatchedFile<Roots> | undefined,
    file: WatchedFile<readonly JwksKey[]> | undefined,
    remote: RemoteJwks | undefined,
  ) {
    this.#roots = roots;
    this.#file = file;
    this.#remote = remote;
  }

  get version(): unknown {
    const roots = this.#roots?.value;
    const file = this.#file?.value;
    const remote = this.#remote?.keys;
    const [a, b, c] = this.#seen;
    if (a !== roots || b !== file || c !== remote) this.#seen = [roots, file, remote];
    return this.#seen;
  }

  async find(hint: KeyHint): Promise<KeyObject | undefined> {
    if (hint.x5c !== undefined && this.#roots !== undefined) {
      const key = keyOfChain(hint.x5c, this.#roots.value.certificates, new Date());
      return key !== undefined && fits(key, hint.alg) ? key : undefined;
    }
    const known = this.#among(hint);
    if (known !== undefined) return known;
    await Promise.all([this.#roots?.settle(), this.#file?.settle(), this.#remote?.refresh()]);
    return this.#among(hint);
  }

  close(): void {
    this.#remote?.close();
  }

  #among({ alg, kid }: KeyHint): KeyObject | undefined {
    const all = [
      ...(this.#roots?.value.keys ?? []),
      ...(this.#file?.value ?? []),
      ...(this.#remote?.keys ?? []),
    ].filter((each) => fits(each.key, alg) && (each.alg === undefined || each.alg === alg));
    const named = kid === undefined ? all : all.filter((each) => each.kid === kid);
    // without a name there must be no choice
    return kid === undefined && named.length > 1 ? undefined : named[0]?.key;
  }
}

/** Each key by the name of old, and by that of distribution 3. */
function readRoots(text: string, path: string): Roots {
  const certificates = readCertificates(text, path);
  const keys = certificates.flatMap(({ publicKey }) =>
    [libtrustId(publicKey), thumbprint(publicKey)]
      .filter((kid) => kid !== undefined)
      .map((kid) => ({ kid, alg: undefined, key: publicKey })),
  );
  return { certificates, keys };
}

function fits(key: KeyObject, alg: string | undefined): boolean {
  if (alg === undefined) return false;
  if (alg.startsWith('RS') || alg.startsWith('PS')) return key.asymmetricKeyType === 'rsa';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return KINDS[alg] === (curve === undefined ? key.asymmetricKeyType : `${key.asymmetricKeyType} ${curve}`);
}

function urlOf(text: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw new DrayError('INVALID_CONFIGURATION', `jwks is no URL: ${JSON.stringify(text)}`, { cause: error });
  }
}
