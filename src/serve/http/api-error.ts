/** The codes of the distribution specification, and those that distribution itself adds. */
export type ApiCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'NOT_FOUND'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNAVAILABLE'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

/** One entry of an error answer. */
export interface ApiFault {
  readonly code: ApiCode;
  readonly message: string;
  readonly detail?: unknown;
}

/**
 * A request that is answered with an error, thrown by whoever finds it out: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 * Its texts are for the client: no paths of this machine, no secrets.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly faults: readonly ApiFault[];
  /** Go with the answer, e.g. `www-authenticate`. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;

  constructor(
    status: number,
    faults: ApiFault | readonly ApiFault[],
    headers: Readonly<Record<string, string | readonly string[]>> = {},
  ) {
    const list = Array.isArray(faults) ? (faults as readonly ApiFault[]) : [faults as ApiFault];
    super(list.map(({ message }) => message).join('; '));
    this.name = 'ApiError';
    this.status = status;
    this.faults = list;
    this.headers = headers;
  }
}

/** Short for the common case: one fault. */
export function apiError(status: number, code: ApiCode, message: string, detail?: unknown): ApiError {
  return new ApiError(status, { code, message, ...(detail !== undefined && { detail }) });
}
