/** The families of failure; each has its exit status for the commands that docker does not have. */
export type ErrorFamily =
  | 'usage'
  | 'access'
  | 'absence'
  | 'network'
  | 'integrity'
  | 'local'
  | 'build'
  | 'cancelled'
  | 'bug';

export type ErrorCode =
  | 'INVALID_REFERENCE'
  | 'INVALID_PLATFORM'
  | 'INVALID_OPTION'
  | 'CONFLICT'
  | 'INVALID_CONFIGURATION'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'CREDENTIALS_UNAVAILABLE'
  | 'TOKEN_REFUSED'
  | 'INSECURE_REFUSED'
  | 'NAME_UNKNOWN'
  | 'MANIFEST_UNKNOWN'
  | 'BLOB_UNKNOWN'
  | 'PLATFORM_UNKNOWN'
  | 'NOT_FOUND'
  | 'CONNECT_FAILED'
  | 'TLS_FAILED'
  | 'CONNECTION_LOST'
  | 'STALLED'
  | 'BAD_RESPONSE'
  | 'SERVER_FAILED'
  | 'TOO_MANY_REQUESTS'
  | 'REDIRECT_REFUSED'
  | 'ENDPOINTS_EXHAUSTED'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'DIFF_ID_MISMATCH'
  | 'CORRUPT_LAYER'
  | 'MANIFEST_INVALID'
  | 'UNSUPPORTED'
  | 'TOO_LARGE'
  | 'DISK_FULL'
  | 'IO_FAILED'
  | 'STORE_INCOMPATIBLE'
  | 'BUSY'
  | 'CANCELLED'
  | 'BUG';

/** What is known of an error code: its family, the HTTP status that a server of ours answers with, whether the same call may succeed later. */
export interface CodeFacts {
  readonly family: ErrorFamily;
  readonly http: number;
  readonly retryable: boolean;
  /** One sentence for docs/errors.md. */
  readonly meaning: string;
}

const facts = (family: ErrorFamily, http: number, retryable: boolean, meaning: string): CodeFacts => ({
  family,
  http,
  retryable,
  meaning,
});

/** The one table of error codes. docs/errors.md is generated from it. */
export const CODES: Readonly<Record<ErrorCode, CodeFacts>> = {
  INVALID_REFERENCE: facts('usage', 400, false, 'An image name that does not follow the reference grammar.'),
  INVALID_PLATFORM: facts('usage', 400, false, 'A platform that is not OS/ARCH[/VARIANT].'),
  INVALID_OPTION: facts('usage', 400, false, 'A flag, option or setting whose value cannot be used.'),
  CONFLICT: facts('usage', 409, false, 'What was asked for would undo what others need; it has to be forced.'),
  INVALID_CONFIGURATION: facts('usage', 400, false, 'A configuration file that cannot be read or understood.'),

  UNAUTHORIZED: facts('access', 401, false, 'The registry wants credentials, or refused those it was given.'),
  DENIED: facts('access', 403, false, 'The registry knows who asks and does not allow it.'),
  CREDENTIALS_UNAVAILABLE: facts(
    'access',
    500,
    false,
    'A credential helper or file that was named could not give credentials.',
  ),
  TOKEN_REFUSED: facts('access', 401, false, 'The token service gave no usable token.'),
  INSECURE_REFUSED: facts(
    'access',
    400,
    false,
    'Going on would need plain http, or send credentials where they must not go.',
  ),

  NAME_UNKNOWN: facts('absence', 404, false, 'The registry has no such repository.'),
  MANIFEST_UNKNOWN: facts('absence', 404, false, 'The repository has no such tag or digest.'),
  BLOB_UNKNOWN: facts('absence', 404, false, 'A layer or config that the manifest names is not there.'),
  PLATFORM_UNKNOWN: facts('absence', 404, false, 'The image has no variant for the platform asked for.'),
  NOT_FOUND: facts('absence', 404, false, 'A local image, file or tag that is not there.'),

  CONNECT_FAILED: facts('network', 502, true, 'No connection could be made: name, address, port or proxy.'),
  TLS_FAILED: facts('network', 502, false, 'The TLS handshake or the check of a certificate failed.'),
  CONNECTION_LOST: facts('network', 502, true, 'The other side closed before the end.'),
  STALLED: facts('network', 504, true, 'No bytes came for longer than the stall time-out.'),
  BAD_RESPONSE: facts('network', 502, false, 'An answer that is not HTTP, or not what the registry protocol says.'),
  SERVER_FAILED: facts('network', 502, true, 'The registry answered with a server error.'),
  TOO_MANY_REQUESTS: facts('network', 429, true, 'The registry limits requests and asks to come back later.'),
  REDIRECT_REFUSED: facts(
    'network',
    502,
    false,
    'A redirect that must not be followed: a loop, a downgrade to http, or too many.',
  ),
  ENDPOINTS_EXHAUSTED: facts('network', 502, false, 'Every mirror and the registry itself failed; each is listed.'),

  DIGEST_MISMATCH: facts('integrity', 400, false, 'Bytes whose digest is not the one that was asked for.'),
  SIZE_MISMATCH: facts('integrity', 400, false, 'More or fewer bytes than the descriptor says.'),
  DIFF_ID_MISMATCH: facts(
    'integrity',
    400,
    false,
    'A layer whose uncompressed content is not the one that the image config names.',
  ),
  CORRUPT_LAYER: facts('integrity', 400, false, 'A layer that cannot be decompressed.'),
  MANIFEST_INVALID: facts('integrity', 400, false, 'A manifest, index or config that is malformed or ambiguous.'),
  UNSUPPORTED: facts(
    'integrity',
    415,
    false,
    'A media type, digest algorithm or artifact that this operation does not take.',
  ),
  TOO_LARGE: facts('integrity', 413, false, 'A document over its size limit.'),

  DISK_FULL: facts('local', 507, false, 'No space is left where the content is kept.'),
  IO_FAILED: facts('local', 500, false, 'A file or folder could not be read or written.'),
  STORE_INCOMPATIBLE: facts('local', 500, false, 'A store that a newer dray wrote, or a folder that is no store.'),
  BUSY: facts('local', 409, true, 'Another process holds what is needed and did not let go in time.'),

  CANCELLED: facts('cancelled', 499, false, 'The caller, or Ctrl-C, stopped it.'),
  BUG: facts('bug', 500, false, 'A defect of dray itself.'),
};

/** Exit status by family; CANCELLED is 130 by SIGINT and 143 by SIGTERM. */
export const EXIT_STATUS: Readonly<Record<ErrorFamily, number>> = {
  usage: 2,
  access: 3,
  absence: 4,
  network: 5,
  integrity: 6,
  local: 7,
  build: 8,
  cancelled: 130,
  bug: 70,
};
