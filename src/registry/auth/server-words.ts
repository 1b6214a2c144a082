import type { Clock } from '#timing';
import { cleanText, type HttpResponse } from '#transport';
import { readSome } from '../read-some.ts';
import type { ShownSecrets } from '../shown-secrets.ts';
import type { Credential } from '../types.ts';
import { redact } from './credential.ts';

/** Bytes of an error body that are looked at, and milliseconds that it may take to come. */
const LIMIT = 65_536;
const PATIENCE = 5_000;
const SHOWN = 200;

export interface WordsOptions {
  readonly clock: Clock;
  /** What the server was sent, and may have echoed. */
  readonly credential?: Credential | undefined;
  /** What requests have shown besides. */
  readonly secrets?: ShownSecrets | undefined;
}

/**
 * What a server says about its refusal, in one short line without control characters and without the secrets it was sent; empty when it
 * says nothing that can be read. Uses the body up, and never fails: the status alone is reason enough.
 */
export async function serverWords(
  response: HttpResponse,
  { clock, credential, secrets }: WordsOptions,
): Promise<string> {
  const fit = (words: string): string => secrets?.redact(redact(words, credential)) ?? redact(words, credential);
  const text = await readSome(response, { limit: LIMIT, patience: PATIENCE, clock });
  return fit(cleanText(fit(chooseWords(text)), SHOWN));
}

function chooseWords(text: string): string {
  try {
    return wordsOf(JSON.parse(text));
  } catch {
    return /^\s*</.test(text) ? '' : text.trim();
  }
}

/** Registries give `errors: [{code, message}]`, Docker Hub's token service `details`, oauth2 ones `error` and `error_description`. */
function wordsOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const fields = new Map<string, unknown>(Object.entries(body));
  const errors: unknown = fields.get('errors');
  if (Array.isArray(errors)) return errors.slice(0, 2).map(wordsOf).filter(Boolean).join('; ');
  for (const name of ['message', 'details', 'error_description', 'error', 'code']) {
    const value = fields.get(name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}
