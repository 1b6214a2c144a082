import type { CallOptions } from '#content';
import { DrayError, isDrayError, messageOf } from '#errors';
import type { Digest } from '#oci';
import { backoff, type Clock } from '#timing';
import { type HttpRequest, type HttpResponse, publicUrl, type Transport } from '#transport';
import { type Asked, answerError } from './answer-error.ts';
import { readWhole } from './content-coding.ts';
import type { UploadSession } from './push/upload-session.ts';
import type { Endpoint, UploadSessions } from './types.ts';

/** What questions about one registry share. */
export interface RegistryContext {
  readonly endpoint: Endpoint;
  /** Familiar name of what is asked for, for messages. */
  readonly name: string;
  /** Sends with credentials and retries, and follows redirects. */
  readonly send: Transport;
  /** Text from a server without the secrets that it was shown. */
  readonly redact: (text: string) => string;
  readonly retries: number;
  readonly clock: Clock;
}

/** What the parts of one repository share. */
export interface RepositoryContext extends RegistryContext {
  readonly path: string;
  /** The same without credentials and without the endpoint's own headers. */
  readonly sendBare: Transport;
  /** The IP address that the registry answers from, once it is known. */
  readonly address: () => string | undefined;
  readonly uploads: UploadSessions;
  /** Uploads that a registry has opened where a mount was asked for, by digest. */
  readonly opened: Map<Digest, UploadSession>;
}

/** The URL of something in the repository: `manifests/latest`. `rest` needs no escaping: tags, digests and fixed words. */
export function urlOf({ endpoint, path }: RepositoryContext, rest: string): URL {
  const url = new URL(`${baseOf(endpoint)}/${path}/${rest}`);
  if (endpoint.namespace !== undefined) url.searchParams.set('ns', endpoint.namespace);
  return url;
}

/** `…/v2`, without a slash at the end. */
export function baseOf(endpoint: Endpoint): string {
  return endpoint.overridePath === true ? endpoint.url : `${endpoint.url}/v2`;
}

/** Compressed on the way, content could neither be continued nor be known by its length. */
export const IDENTITY: Readonly<Record<string, string>> = { 'accept-encoding': 'identity' };

export interface Document {
  readonly response: HttpResponse;
  readonly bytes: Uint8Array;
}

export interface DocumentOptions extends CallOptions {
  readonly asked: Asked;
  /** Most bytes of the body. */
  readonly limit: number;
}

/** No new try begins when this many milliseconds have gone without a whole document. */
const PATIENCE = 60_000;

/**
 * GETs a document and reads it whole; one that breaks off is asked for again. Rejects with what `answerError` makes of any status but 200, with
 * TOO_LARGE over the limit, and with the last error when tries run out.
 */
export async function readDocument(
  context: RegistryContext,
  request: Pick<HttpRequest, 'url' | 'headers'>,
  { asked, limit, signal, onEvent }: DocumentOptions,
): Promise<Document> {
  const began = context.clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    const headers = { ...IDENTITY, ...request.headers };
    const response = await context.send({ method: 'GET', url: request.url, headers, signal, onEvent });
    if (response.status !== 200) throw await answerError(response, asked, context);
    try {
      return { response, bytes: await readBody(response, limit, asked) };
    } catch (error) {
      const over = attempt > context.retries || context.clock.monotonic() - began > PATIENCE;
      if (over || !isDrayError(error) || !error.facts.retryable) throw error;
      const delay = backoff(attempt);
      const reason = messageOf(error);
      onEvent?.({ kind: 'request-retry', request: `GET ${publicUrl(request.url)}`, attempt, delay, reason });
      await context.clock.sleep(delay, signal);
    }
  }
}

async function readBody(response: HttpResponse, limit: number, { kind, what }: Asked): Promise<Uint8Array> {
  const name =
    kind === 'tags'
      ? `a page of the tags of ${what}`
      : kind === 'base'
        ? `the answer for ${what}`
        : `the manifest of ${what}`;
  if ((response.body.length ?? 0) > limit) {
    await response.body.discard();
    throw new DrayError('TOO_LARGE', `${name} is larger than ${limit} bytes`, { detail: { limit } });
  }
  return readWhole(response, limit, name);
}
