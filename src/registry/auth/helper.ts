import type { CallOptions } from '#content';
import { cancelled, DrayError, throwIfCancelled } from '#errors';
import { cleanText } from '#transport';
import type { Credential } from '../types.ts';
import { redact } from './credential.ts';
import { type Environment, findHelper, helperName } from './helper-program.ts';

export interface HelperOptions {
  /** For the program, and to find it by its PATH. */
  readonly env: Environment;
  /** Milliseconds that one call may take; 30,000 by default. */
  readonly timeout?: number | undefined;
}

/** A program that keeps credentials: `docker-credential-<suffix>`. Its methods reject with CREDENTIALS_UNAVAILABLE. */
export interface Helper {
  readonly name: string;
  /** The credential kept for `server`, or undefined. */
  get(server: string, options?: CallOptions): Promise<Credential | undefined>;
  store(server: string, credential: Credential, options?: CallOptions): Promise<void>;
  /** Removes what is kept for `server`; nothing there is no error. */
  erase(server: string, options?: CallOptions): Promise<void>;
  /** Servers that something is kept for. */
  list(options?: CallOptions): Promise<readonly string[]>;
}

const OUTPUT_LIMIT = 1_048_576;
/** The user name that says that the secret is an identity token. */
const TOKEN_USER = '<token>';
const NOT_FOUND = 'credentials not found in native keychain';

interface Run {
  readonly action: 'get' | 'store' | 'erase' | 'list';
  readonly input: string;
  readonly options: CallOptions;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

let changes = 0;

/** How often this process has changed what helpers keep: an answer from before a change no longer counts. */
export function helperChanges(): number {
  return changes;
}

const changed = (): void => {
  changes++;
};

/** @see https://github.com/docker/docker-credential-helpers */
export function createHelper(suffix: string, { env, timeout = 30_000 }: HelperOptions): Helper {
  const name = helperName(suffix);

  const failed = (action: string, reason: string, cause?: unknown): DrayError =>
    new DrayError('CREDENTIALS_UNAVAILABLE', `the credential helper ${name} could not ${action}: ${reason}`, {
      hint: `see what it says: ${name} ${action}`,
      detail: { helper: name },
      cause,
    });

  const run = async ({ action, input, options }: Run): Promise<Ended> => {
    throwIfCancelled(options.signal);
    const program = await findHelper(name, env);
    const { runProgram } = await import('./run-program.ts');
    try {
      return await runProgram(program, {
        argument: action,
        input,
        env,
        timeout,
        limit: OUTPUT_LIMIT,
        signal: options.signal,
      });
    } catch (error) {
      if (options.signal?.aborted === true) throw cancelled(options.signal);
      throw failed(action, (error as Error).message);
    }
  };

  return {
    name,
    async get(server, options = {}) {
      const { code, output } = await run({ action: 'get', input: checkServer(server), options });
      if (code === 0)
        return parseSecret(output) ?? Promise.reject(failed('get', 'its answer is not {"Username", "Secret"}'));
      if (output.trim() === NOT_FOUND) return undefined;
      throw failed('get', words(code, output));
    },
    async store(server, credential, options = {}) {
      const { identityToken, username, password } = credential;
      const input = JSON.stringify({
        ServerURL: checkServer(server),
        Username: identityToken ? TOKEN_USER : (username ?? ''),
        Secret: identityToken || (password ?? ''),
      });
      const { code, output } = await run({ action: 'store', input, options }).finally(changed);
      if (code !== 0) throw failed('store', redact(words(code, output), credential));
    },
    async erase(server, options = {}) {
      const { code, output } = await run({ action: 'erase', input: checkServer(server), options }).finally(changed);
      if (code !== 0 && output.trim() !== NOT_FOUND) throw failed('erase', words(code, output));
    },
    async list(options = {}) {
      const { code, output } = await run({ action: 'list', input: 'unused', options });
      const servers = code === 0 ? objectOf(output) : undefined;
      if (servers === undefined)
        throw failed('list', code === 0 ? 'its answer is not a JSON object' : words(code, output));
      return Object.keys(servers);
    },
  };
}

/** A line break would be a second server in the eyes of some helpers, and give out its secret. */
function checkServer(server: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (server === '' || /[\u0000-\u001f\u007f]/.test(server))
    throw new DrayError('INVALID_OPTION', `"${cleanText(server, 100)}" cannot be the name of a registry`);
  return server;
}

function objectOf(output: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(output);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseSecret(output: string): Credential | undefined {
  const { Username: username, Secret: secret } = objectOf(output) ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string') return undefined;
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

/** What a helper says when it fails. Nothing of a JSON answer: it may be the secret. */
function words(code: number | null, output: string): string {
  const said = output.includes('{') ? '' : cleanText(output, 200);
  return `it ended with status ${code ?? 'of a signal'}${said === '' ? '' : `: ${said}`}`;
}
