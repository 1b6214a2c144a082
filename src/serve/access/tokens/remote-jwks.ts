import { readAll } from '#bytes';
import { DrayError, isDrayError, messageOf } from '#errors';
import { createTransport, type HttpClient } from '#transport';
import { type JwksKey, readJwks } from './read-jwks.ts';

const LIMIT = 1024 * 1024;
/** Milliseconds. */
const TIMEOUT = 15_000;
const ASK_AGAIN = 60_000;
const ASK_AGAIN_WITHOUT_KEYS = 5_000;
const OLD = 15 * 60_000;

/** A key set behind a URL. What was fetched is used until something newer comes; keys that were taken away count for a quarter of an hour more. */
export class RemoteJwks {
  readonly #url: URL;
  readonly #onProblem: (error: DrayError) => void;
  readonly #now: () => number;
  readonly #http: HttpClient = createTransport({ connectTimeout: TIMEOUT, stallTimeout: TIMEOUT });
  #keys: readonly JwksKey[] = [];
  #asked = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;
  #told: string | undefined;

  constructor(url: URL, onProblem: (error: DrayError) => void, now: () => number = () => performance.now()) {
    this.#url = url;
    this.#onProblem = onProblem;
    this.#now = now;
  }

  /** What is known; asks for more beside that when it is old. */
  get keys(): readonly JwksKey[] {
    if (this.#now() - this.#asked >= OLD) void this.refresh();
    return this.#keys;
  }

  /** Fetches the set, unless that was tried within the last minute. Never rejects: what was known stays. */
  refresh(): Promise<void> {
    if (this.#underWay !== undefined) return this.#underWay;
    const pause = this.#keys.length === 0 ? ASK_AGAIN_WITHOUT_KEYS : ASK_AGAIN;
    if (this.#now() - this.#asked < pause) return Promise.resolve();
    this.#asked = this.#now();
    this.#underWay = this.#fetch().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  close(): void {
    this.#http.close();
  }

  async #fetch(): Promise<void> {
    const url = this.#url;
    try {
      const signal = AbortSignal.timeout(TIMEOUT);
      const { status, body } = await this.#http.send({
        method: 'GET',
        url,
        headers: { accept: 'application/json' },
        signal,
      });
      if (status !== 200) {
        await body.discard();
        throw new DrayError(
          'BAD_RESPONSE',
          `the key set ${url.origin}${url.pathname} is answered with status ${status}`,
        );
      }
      const bytes = await readAll(body, LIMIT, `the key set ${url.origin}${url.pathname}`);
      this.#keys = readJwks(Buffer.from(bytes).toString('utf8'), `${url.origin}${url.pathname}`);
      this.#told = undefined;
    } catch (error) {
      if (this.#told === messageOf(error)) return;
      this.#told = messageOf(error);
      const code = isDrayError(error) ? error.code : 'BAD_RESPONSE';
      this.#onProblem(
        new DrayError(code, `the keys for tokens could not be fetched: ${messageOf(error)}`, { cause: error }),
      );
    }
  }
}
