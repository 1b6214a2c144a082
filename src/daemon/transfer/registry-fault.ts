import { STATUS_CODES } from 'node:http';
import { type DrayError, hasCode, isDrayError } from '#errors';
import { familiarName, familiarString, printable, type Reference } from '#oci';
import { asEngineError, EngineError } from '../http/engine-error.ts';
import { connectWords } from './connect-words.ts';
import { lostWords } from './lost-words.ts';

/** What was asked of a registry. */
export interface Asked {
  readonly action: 'pull' | 'push';
  /** Without tag and digest: all tags. */
  readonly reference: Reference;
  /** Of a pull: layers have been told of. */
  readonly begun?: boolean;
}

type Answer = readonly [status: number, message: string];

/** What failed between us and a registry, in docker's words and with docker's status where it has some. Scripts look for both. */
export function registryFault(error: unknown, asked: Asked): EngineError {
  if (!isDrayError(error)) return asEngineError(error);
  const answer = (asked.action === 'pull' ? pullAnswer(error, asked) : pushAnswer(error)) ?? anyAnswer(error);
  if (answer === undefined) return asEngineError(error);
  const [status, message] = answer;
  return new EngineError(status, printable(message, Number.POSITIVE_INFINITY), { cause: error });
}

/** True for what docker finds when a pull has begun: the manifest is there, and what it names, or has to name, is not. */
export function isAfterManifest(error: unknown): boolean {
  if (!hasCode(error, 'PLATFORM_UNKNOWN', 'BLOB_UNKNOWN', 'DIGEST_MISMATCH')) return false;
  return !error.message.startsWith('manifest verification failed');
}

const CONFIG = 'error pulling image configuration: ';

/** Of a pull whose layers have not begun. */
function beginAnswer(error: DrayError): Answer | undefined {
  switch (error.code) {
    case 'BLOB_UNKNOWN':
      return [404, `${CONFIG}download failed after attempts=1: unknown blob`];
    case 'DIGEST_MISMATCH':
      if (!isAfterManifest(error)) return [500, error.message];
      return [500, `${CONFIG}image config verification failed for digest ${String(error.detail['expected'])}`];
    default:
      return undefined;
  }
}

function pullAnswer(error: DrayError, asked: Asked): Answer | undefined {
  const name = familiarName(asked.reference);
  const what = familiarString(asked.reference);
  const said = saidBy(error);
  switch (error.code) {
    case 'MANIFEST_UNKNOWN':
      if (error.detail['status'] === undefined) return [404, error.message];
      return [404, `manifest for ${what} not found: manifest unknown: ${said ?? 'manifest unknown'}`];
    case 'NAME_UNKNOWN':
      return [404, `repository ${name} not found: name unknown: ${said ?? 'repository name not known to registry'}`];
    case 'PLATFORM_UNKNOWN':
      return [404, `no matching manifest for ${String(error.detail['wanted'])} in the manifest list entries`];
    case 'INVALID_PLATFORM':
      return [400, invalidPlatform(error)];
    case 'UNAUTHORIZED':
    case 'DENIED': {
      const refusal = refusalOf(error);
      if (refusal === 'denied') {
        const because = `denied: ${said ?? 'requested access to the resource is denied'}`;
        return [
          404,
          `pull access denied for ${name}, repository does not exist or may require 'docker login': ${because}`,
        ];
      }
      if (refusal === 'no credentials') return [500, `${requestOf(error, asked)}: no basic auth credentials`];
      if (refusal === 'no token') return [401, `${requestOf(error, asked)}: unauthorized: ${said ?? WANTED}`];
      return [401, `unauthorized: ${WANTED}`];
    }
    default:
      return asked.begun === true ? undefined : beginAnswer(error);
  }
}

const WANTED = 'authentication required';

function pushAnswer(error: DrayError): Answer | undefined {
  const refusal = error.code === 'UNAUTHORIZED' || error.code === 'DENIED' ? refusalOf(error) : undefined;
  if (refusal === undefined) return undefined;
  if (refusal === 'denied') return [403, 'denied: requested access to the resource is denied'];
  if (refusal === 'no credentials') return [401, 'no basic auth credentials'];
  return [401, `unauthorized: ${(refusal === 'no token' ? saidBy(error) : undefined) ?? WANTED}`];
}

function anyAnswer(error: DrayError): Answer | undefined {
  const { status, expected } = error.detail;
  switch (error.code) {
    case 'CONNECT_FAILED':
    case 'TLS_FAILED':
      return [500, connectWords(error)];
    case 'CONNECTION_LOST':
    case 'STALLED':
      return [500, lostWords(error)];
    case 'SERVER_FAILED':
      if (typeof status !== 'number') return undefined;
      return [500, `received unexpected HTTP status: ${status} ${STATUS_CODES[status] ?? ''}`.trim()];
    case 'TOO_MANY_REQUESTS':
      return [429, error.message];
    case 'DIGEST_MISMATCH':
      if (typeof expected !== 'string') return undefined;
      return [500, `filesystem layer verification failed for digest ${expected}`];
    case 'BLOB_UNKNOWN':
      return [404, 'unknown blob'];
    default:
      return undefined;
  }
}

/** Docker tells apart: nothing to show, what was shown is refused by the registry, no token for it, and a token that does not allow it. */
function refusalOf({ code, detail }: DrayError): 'denied' | 'no credentials' | 'no token' | 'refused' {
  if (code === 'DENIED') return 'denied';
  if (detail['tokenService'] !== undefined) return 'no token';
  if (detail['scheme'] === 'bearer') return 'denied';
  return detail['credentials'] === 'refused' ? 'refused' : 'no credentials';
}

function requestOf({ detail }: DrayError, { reference }: Asked): string {
  const { path, tag, digest } = reference;
  const base = `${String(detail['endpoint'])}/v2/${path}`;
  const what = digest ?? tag;
  return what === undefined ? `Get "${base}/tags/list"` : `Head "${base}/manifests/${what}"`;
}

function saidBy({ detail }: DrayError): string | undefined {
  const said = detail['registryMessage'];
  return typeof said === 'string' && said !== '' ? said : undefined;
}

function invalidPlatform({ message }: DrayError): string {
  const [, quoted = '""'] = /("(?:[^"\\]|\\.)*")/.exec(message) ?? [];
  const why = message.includes('unknown operating system')
    ? 'unknown operating system or architecture'
    : 'cannot parse platform specifier';
  return `${quoted}: ${why}: invalid argument`;
}
