import { createHash, randomBytes } from 'node:crypto';
import type { DrayError } from '#errors';
import type { ApiError } from '../../http/api-error.ts';
import { BoundedMap } from '../../proxy/bounded-map.ts';
import { tooManyAttempts } from '../challenge.ts';
import { readBasic } from '../credentials.ts';
import type { HtpasswdOptions } from '../options.ts';
import { WatchedFile } from '../watched-file.ts';
import { Attempts } from './attempts.ts';
import { PasswordChecks } from './password-checks.ts';
import { type Htpasswd, readHtpasswd } from './read-htpasswd.ts';

/** What came of a Basic header: its user, wrong, or an answer that nobody wants to wait for. */
export type PasswordVerdict = { readonly user: string } | 'wrong' | ApiError;

interface Verified {
  readonly user: string;
  /** The entry of the file: when it changes the verification is worth nothing. */
  readonly hash: string;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

const FILE_LIMIT = 16 * 1024 * 1024;
const REMEMBER = 10 * 60_000;
const MOST_REMEMBERED = 10_000;
/** Checks that wait: more would wait for longer than clients do. */
const MOST_PENDING = 128;

interface Users {
  readonly hashes: Htpasswd;
  /** Takes as long to compare as those of the users do. */
  readonly decoy: string;
}

/** The users of an htpasswd file. */
export class PasswordUsers {
  readonly #file: WatchedFile<Users>;
  readonly #checks = new PasswordChecks();
  readonly #attempts = new Attempts();
  /** By a keyed hash of the header: what is remembered is no help to those who read memory. (An HMAC takes ten times as long.) */
  readonly #verified = new BoundedMap<string, Verified>(MOST_REMEMBERED);
  readonly #underWay = new Map<string, Promise<PasswordVerdict>>();
  readonly #secret = randomBytes(32);

  /** Throws INVALID_CONFIGURATION or IO_FAILED where the file cannot be used. */
  constructor({ path }: HtpasswdOptions, onProblem?: (error: DrayError) => void) {
    this.#file = new WatchedFile({
      path,
      what: 'the htpasswd file',
      limit: FILE_LIMIT,
      parse: (text) => withDecoy(readHtpasswd(text, path)),
      hint: `to make one with a first user: htpasswd -Bc ${path} USER`,
      onProblem,
    });
  }

  /** Answers at once for a header that was verified before. Wrong passwords and unknown users take the same time. */
  verify(header: string, address: string): PasswordVerdict | Promise<PasswordVerdict> {
    const key = createHash('sha256').update(this.#secret).update(header).digest('base64');
    const known = this.#verified.get(key);
    if (
      known !== undefined &&
      known.until > performance.now() &&
      this.#file.value.hashes.get(known.user) === known.hash
    ) {
      return known;
    }
    const running = this.#underWay.get(key);
    if (running !== undefined) return running;
    const basic = readBasic(header);
    if (basic === undefined) return 'wrong';
    const wait = this.#checks.pending < MOST_PENDING ? this.#attempts.begin(address, basic.user) : 5;
    if (wait !== undefined) return tooManyAttempts(wait);
    const verdict = this.#check(key, basic.user, basic.password, address).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, verdict);
    return verdict;
  }

  close(): Promise<void> {
    return this.#checks.close();
  }

  async #check(key: string, user: string, password: string, address: string): Promise<PasswordVerdict> {
    await this.#file.settle();
    const { hashes, decoy } = this.#file.value;
    const hash = hashes.get(user);
    const matches = await this.#checks.compare(password, hash ?? decoy);
    if (!matches || hash === undefined) return 'wrong';
    this.#attempts.succeeded(address, user);
    const verified: Verified = { user, hash, until: performance.now() + REMEMBER };
    this.#verified.set(key, verified);
    return verified;
  }
}

function withDecoy(hashes: Htpasswd): Users {
  let cost = '';
  for (const hash of hashes.values()) if (hash.slice(4, 6) > cost) cost = hash.slice(4, 6);
  return { hashes, decoy: `$2b$${cost === '' ? '10' : cost}$${'.'.repeat(53)}` };
}
