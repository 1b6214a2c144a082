import { DrayError, type ErrorCode } from '#errors';
import type { Clock } from '#timing';
import { cleanText, type HttpResponse, publicUrl } from '#transport';
import { readSome } from './read-some.ts';
import type { Endpoint } from './types.ts';

/** What was asked for, in the words of the person who asked. */
export interface Asked {
  readonly kind: 'manifest' | 'blob' | 'tags' | 'base' | 'push' | 'delete';
  /** Familiar name of the repository, `alpine`; of the registry where it is about that. */
  readonly name: string;
  /** `alpine:3.20`, or a digest for a blob; what is pushed or deleted with its kind, `layer sha256:…`. */
  readonly what: string;
}

/** What docker says when a registry does not let somebody push. */
export const ACCESS_DENIED = 'denied: requested access to the resource is denied';

/** Of the repository that was asked. */
export interface AnswerContext {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Takes out of a text from the server what it was shown. */
  readonly redact: (text: string) => string;
}

/** One entry of a registry's error document (OCI distribution-spec, "Error Codes"). */
interface RegistryError {
  readonly code: string;
  readonly message: string;
}

const BODY_LIMIT = 64 * 1024;
const BODY_PATIENCE = 5_000;
const MESSAGE_LIMIT = 300;
const CODE_LIMIT = 60;
const PLAIN_LIMIT = 200;

/**
 * The error for an answer that is not the one hoped for, in docker's words where docker has some. Reads the body (64 KiB at most) for what the
 * registry says, and never fails itself. `detail` has `status`, `url`, and the registry's own `registryCode` and `registryMessage`.
 */
export async function answerError(response: HttpResponse, asked: Asked, context: AnswerContext): Promise<DrayError> {
  const { clock, redact, endpoint } = context;
  const body = await readSome(response, { limit: BODY_LIMIT, patience: BODY_PATIENCE, clock });
  const said = parseErrors(body, redact);
  const code = codeFor(response.status, said, asked);
  const detail = {
    status: response.status,
    url: publicUrl(response.url),
    ...(said.code ? { registryCode: said.code } : {}),
    ...(said.message ? { registryMessage: said.message } : {}),
  };
  const elsewhere = response.url.origin !== new URL(endpoint.url).origin;
  return new DrayError(code, messageFor(code, { response, said, asked, elsewhere }), {
    ...(elsewhere ? {} : hintFor(code, asked)),
    detail,
  });
}

/** The first error of the document; for anything else a short text without a code. */
function parseErrors(text: string, redact: AnswerContext['redact']): RegistryError {
  // Before it is cut, which might leave half of a secret, and behind what was cleaned away within one.
  const fit = (words: string, limit: number): string => redact(cleanText(redact(words), limit));
  const first = firstError(text);
  if (first === undefined) return { code: '', message: fit(plainText(text), PLAIN_LIMIT) };
  return { code: fit(first.code, CODE_LIMIT), message: fit(first.message, MESSAGE_LIMIT) };
}

function firstError(text: string): RegistryError | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const errors = field(json, 'errors');
  const entry: unknown = Array.isArray(errors) ? errors[0] : json;
  const [code, message] = [field(entry, 'code'), field(entry, 'message') ?? field(entry, 'error')];
  if (typeof code !== 'string' && typeof message !== 'string') return undefined;
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Proxies and load balancers answer with pages: their title says it. */
function plainText(text: string): string {
  const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1];
  const words = title ?? text.replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return words.replace(/\s+/g, ' ').trim();
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  MANIFEST_UNKNOWN: 'MANIFEST_UNKNOWN',
  NAME_UNKNOWN: 'NAME_UNKNOWN',
  BLOB_UNKNOWN: 'BLOB_UNKNOWN',
  DENIED: 'DENIED',
  UNAUTHORIZED: 'UNAUTHORIZED',
  TOOMANYREQUESTS: 'TOO_MANY_REQUESTS',
};

/** What registries say of content that they do not take. */
const WRITE_CODES: Readonly<Record<string, ErrorCode>> = {
  ...CODES,
  MANIFEST_BLOB_UNKNOWN: 'BLOB_UNKNOWN',
  MANIFEST_INVALID: 'MANIFEST_INVALID',
  MANIFEST_UNVERIFIED: 'MANIFEST_INVALID',
  DIGEST_INVALID: 'DIGEST_MISMATCH',
  SIZE_INVALID: 'SIZE_MISMATCH',
  UNSUPPORTED: 'UNSUPPORTED',
};

const NOT_THERE: Readonly<Record<Asked['kind'], ErrorCode>> = {
  manifest: 'MANIFEST_UNKNOWN',
  blob: 'BLOB_UNKNOWN',
  tags: 'NAME_UNKNOWN',
  base: 'BAD_RESPONSE',
  push: 'NAME_UNKNOWN',
  delete: 'NOT_FOUND',
};

/** The status decides; what the registry says only refines it, since a mirror may say anything. */
function codeFor(status: number, said: RegistryError, asked: Asked): ErrorCode {
  const writes = asked.kind === 'push' || asked.kind === 'delete';
  const own = (writes ? WRITE_CODES : CODES)[said.code];
  if (status === 401) return own === 'DENIED' ? 'DENIED' : 'UNAUTHORIZED';
  if (status === 403) return own === 'TOO_MANY_REQUESTS' ? own : 'DENIED';
  if (status === 404 || status === 410) {
    const isOwn = own === 'NAME_UNKNOWN' || own === 'DENIED' || own === 'UNAUTHORIZED' || writes;
    return isOwn ? (own ?? NOT_THERE[asked.kind]) : NOT_THERE[asked.kind];
  }
  if (status === 429) return 'TOO_MANY_REQUESTS';
  if (writes && status === 413) return 'TOO_LARGE';
  if (writes && (status === 405 || status === 501)) return 'UNSUPPORTED';
  if (status >= 500) return 'SERVER_FAILED';
  return status >= 400 && own !== undefined ? own : 'BAD_RESPONSE';
}

interface MessageFacts {
  readonly response: HttpResponse;
  readonly said: RegistryError;
  readonly asked: Asked;
  /** Another server answered than the registry, which had sent us there. */
  readonly elsewhere: boolean;
}

function messageFor(code: ErrorCode, { response, said, asked, elsewhere }: MessageFacts): string {
  // As docker prints a registry's error: the code in small letters, then the message.
  const words = [said.code.toLowerCase().replaceAll('_', ' '), said.message].filter(Boolean).join(': ');
  const because = words === '' ? '' : `: ${words}`;
  const status = `${publicUrl(response.url)} answered ${response.status} to the ${REQUESTS[asked.kind] ?? 'request for'} ${asked.what}${because}`;
  if (asked.kind === 'push' || asked.kind === 'delete')
    return messageForWrite(code, { response, said, asked, elsewhere }, status);
  switch (code) {
    case 'MANIFEST_UNKNOWN':
      return `manifest for ${asked.what} not found${because}`;
    case 'NAME_UNKNOWN':
      return `repository ${asked.name} not found${because}`;
    case 'BLOB_UNKNOWN':
      return `blob ${asked.what} of ${asked.name} not found${because}`;
    case 'DENIED':
    case 'UNAUTHORIZED':
      if (elsewhere) return status;
      return asked.kind === 'base'
        ? `${asked.name} refused the credentials${because || ` (${response.status})`}`
        : `pull access denied for ${asked.name}, repository does not exist or may require 'dray login'${because}`;
    case 'TOO_MANY_REQUESTS':
      return `toomanyrequests: ${said.message || `${publicUrl(response.url)} limits requests`}`;
    default:
      return status;
  }
}

const REQUESTS: Partial<Readonly<Record<Asked['kind'], string>>> = { push: 'push of', delete: 'deletion of' };

function messageForWrite(code: ErrorCode, { response, said, asked }: MessageFacts, status: string): string {
  if (code === 'TOO_MANY_REQUESTS') {
    return `toomanyrequests: ${said.message || `${publicUrl(response.url)} limits requests`}`;
  }
  return (code === 'DENIED' || code === 'UNAUTHORIZED') && asked.kind === 'push'
    ? `${ACCESS_DENIED}: ${status}`
    : status;
}

function hintFor(code: ErrorCode, asked: Asked): { readonly hint?: string } {
  switch (code) {
    case 'MANIFEST_UNKNOWN':
      return asked.what.includes('@') ? {} : { hint: `the tags that there are: dray tags ${asked.name}` };
    case 'DENIED':
    case 'UNAUTHORIZED':
      if (asked.kind === 'push')
        return { hint: 'check the name, or log in with an account that may push to it: dray login' };
      if (asked.kind === 'delete') return { hint: 'log in with an account that may delete there: dray login' };
      return { hint: 'check the name, or log in with an account that may read it' };
    case 'UNSUPPORTED':
      return asked.kind === 'delete' ? { hint: 'many registries delete only where their configuration allows it' } : {};
    case 'TOO_MANY_REQUESTS':
      return { hint: 'wait, log in for a higher limit, or use a mirror (--mirror)' };
    default:
      return {};
  }
}
