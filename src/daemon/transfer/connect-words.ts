import { isIPv6 } from 'node:net';
import { type DrayError, isDrayError } from '#errors';

/** What Go says where the system said a code. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
};

const UNKNOWN_SIGNER = 'x509: certificate signed by unknown authority';
const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_SIGNER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_SIGNER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_SIGNER,
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
};

/** Why a registry could not be reached, as docker's daemon says it: `Get "http://localhost:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused`. */
export function connectWords(error: DrayError, path = '/v2/'): string {
  const fault = systemFault(error);
  return `Get "${endpointOf(error)}${path}": ${(fault && reason(fault)) ?? error.message}`;
}

/** The endpoint that was asked last. */
function endpointOf({ detail }: DrayError): string {
  const { endpoints, host, port } = detail;
  const last: unknown = Array.isArray(endpoints) ? endpoints.at(-1) : undefined;
  if (typeof last === 'object' && last !== null && 'endpoint' in last) return String(last.endpoint);
  const name = isIPv6(String(host)) ? `[${String(host)}]` : String(host);
  return `https://${name}${port === 443 ? '' : `:${String(port)}`}`;
}

interface SystemFault {
  readonly code: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

function reason({ code, address, port, hostname }: SystemFault): string | undefined {
  if (code === 'ENOTFOUND' && hostname !== undefined) return `dial tcp: lookup ${hostname}: no such host`;
  if (CERTIFICATE[code] !== undefined) return `tls: failed to verify certificate: ${CERTIFICATE[code]}`;
  const words = SYSTEM[code];
  if (words === undefined || address === undefined) return undefined;
  return `dial tcp ${hostPort(address, port ?? 0)}: connect: ${words}`;
}

/** As addresses are written: `127.0.0.1:5000`, `[::1]:5000`. */
export function hostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** What the system said, of the endpoint that was asked last. */
function systemFault(error: unknown): SystemFault | undefined {
  if (error instanceof AggregateError) return systemFault(error.errors.at(-1));
  if (isDrayError(error)) return systemFault(error.cause);
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error as Error & SystemFault;
}
