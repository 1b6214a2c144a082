import type { CallOptions } from '#content';
import { DrayError, hasCode, unlessCancelled } from '#errors';
import { compareApiVersions, isApiVersion, NEWEST_API_VERSION, OLDEST_API_VERSION } from '../api/version.ts';
import type { EngineAnswer, EngineRequest } from './connection.ts';
import { discard } from './discard.ts';

/** Engines that do not say theirs are older than the header. */
const UNSAID = '1.24';

export interface VersioningOptions {
  /** A version, `negotiate`, or the newest by default. */
  readonly version: string | undefined;
  readonly ask: (request: EngineRequest) => Promise<EngineAnswer>;
  /** The engine, for messages. */
  readonly name: string;
}

/**
 * The version that requests are made with. Where it is negotiated the engine is asked once: who comes meanwhile waits for the same answer, a
 * failure is not remembered, and the question is given up when nobody waits any more. Throws INVALID_OPTION for what is no version.
 */
export function createVersioning(options: VersioningOptions): (call?: CallOptions) => Promise<string> {
  const { version = NEWEST_API_VERSION } = options;
  if (version !== 'negotiate') {
    const pinned = version.replace(/^v/, '');
    if (!isApiVersion(pinned)) {
      throw new DrayError('INVALID_OPTION', `${JSON.stringify(version.slice(0, 40))} is no version of the Engine API`, {
        hint: `versions are like ${NEWEST_API_VERSION}; 'negotiate' takes the highest that both sides know`,
      });
    }
    return () => Promise.resolve(pinned);
  }
  const question = new Question(options);
  return ({ signal } = {}) => question.answer(signal);
}

class Question {
  readonly #options: VersioningOptions;
  #asked: Promise<string> | undefined;
  #isAnswered = false;
  #waiting = 0;
  #stop = new AbortController();

  constructor(options: VersioningOptions) {
    this.#options = options;
  }

  async answer(signal: AbortSignal | undefined): Promise<string> {
    this.#asked ??= this.#ask();
    const asked = this.#asked;
    this.#waiting++;
    try {
      return await unlessCancelled(asked, signal);
    } finally {
      if (--this.#waiting === 0 && !this.#isAnswered) this.#giveUp();
    }
  }

  async #ask(): Promise<string> {
    const stop = new AbortController();
    this.#stop = stop;
    try {
      const version = await negotiate(this.#options, stop.signal);
      this.#isAnswered = true;
      return version;
    } catch (error) {
      if (this.#stop === stop) this.#asked = undefined;
      throw error;
    }
  }

  /** Who comes next asks anew, also before this one has heard that it is given up. */
  #giveUp(): void {
    this.#asked = undefined;
    this.#stop.abort();
  }
}

async function negotiate({ ask, name }: VersioningOptions, signal: AbortSignal): Promise<string> {
  const answer = await pingAnswer(ask, signal);
  const header = answer.headers['api-version'];
  const theirs = (typeof header === 'string' ? header : header?.[0])?.trim() || UNSAID;
  if (!isApiVersion(theirs)) {
    throw new DrayError('BAD_RESPONSE', `${name} says that its API version is ${JSON.stringify(theirs.slice(0, 40))}`, {
      hint: 'is it an engine that listens there?',
    });
  }
  if (compareApiVersions(theirs, OLDEST_API_VERSION) < 0) {
    throw new DrayError(
      'UNSUPPORTED',
      `${name} speaks the API up to ${theirs}, and ${OLDEST_API_VERSION} is the oldest that is spoken here`,
      {
        hint: 'use an engine of 2016 or later (Docker 1.12)',
        detail: { version: theirs },
      },
    );
  }
  return compareApiVersions(theirs, NEWEST_API_VERSION) < 0 ? theirs : NEWEST_API_VERSION;
}

/** By HEAD; by GET from engines, and proxies before them, that do not know that. */
async function pingAnswer(ask: VersioningOptions['ask'], signal: AbortSignal): Promise<EngineAnswer> {
  const request = { path: '/_ping', versioned: false, signal } as const;
  const answer = await ask({ method: 'HEAD', ...request }).catch((error: unknown) => {
    if (hasCode(error, 'CONNECT_FAILED', 'TLS_FAILED', 'CANCELLED', 'STALLED', 'INVALID_CONFIGURATION')) throw error;
    return ask({ method: 'GET', ...request });
  });
  await discard(answer);
  return answer;
}
