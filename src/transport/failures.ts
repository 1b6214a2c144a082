import { DrayError, errnoOf, messageOf } from '#errors';
import { cleanText } from './clean-text.ts';

/** Facts in the `detail` of every failure of the transport: whoever tries the next endpoint decides by them. */
export interface FailureDetail extends Readonly<Record<string, unknown>> {
  /** The server that was to answer, as in its URL. */
  readonly host: string;
  readonly port: number;
  /** How far it had come. */
  readonly phase: 'connect' | 'tls' | 'head' | 'body';
  /** The other side has shown that it speaks TLS: it must never be asked in plain afterwards. */
  readonly tlsEstablished: boolean;
  /** The other side does not speak TLS, most likely plain http. */
  readonly plainHttp?: boolean;
  /** Trying again will not help. */
  readonly definite?: boolean;
  /** Of a body: bytes handed out, and those that the head promised. */
  readonly received?: number;
  readonly expected?: number | undefined;
}

/** An end where more was to come: no failure to the system, but one to us. */
export class ConnectionClosed extends Error {
  readonly code = 'ENDED';

  constructor() {
    super('the other side closed the connection');
  }
}

/** What the system says, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  ECONNABORTED: 'gave the connection up',
  EPIPE: 'closed the connection',
  ENDED: 'closed the connection',
  EHOSTUNREACH: 'cannot be reached (no route)',
  ENETUNREACH: 'cannot be reached (no network)',
  EHOSTDOWN: 'is down',
  ETIMEDOUT: 'did not answer in time',
  EACCES: 'may not be connected to from here (a firewall?)',
  EPERM: 'may not be connected to from here (a firewall?)',
  EADDRNOTAVAIL: 'cannot be reached from the addresses of this machine',
  EMFILE: 'was not tried: this process has too many files open',
};

/** The failure of one address or connection as a predicate: "refused the connection". */
export function reasonOf(error: unknown): string {
  const code = errnoOf(error) ?? '';
  return REASONS[code] ?? `failed (${code === '' ? cleanText(messageOf(error), 100) : code})`;
}

/**
 * A connection that broke in an exchange.
 * @param what the request
 * @param when "before it answered"
 */
export function brokenConnection(
  what: string,
  error: Error | undefined,
  { when, detail }: { readonly when: string; readonly detail: FailureDetail },
): DrayError {
  const options = error === undefined ? { detail } : { detail, cause: error };
  const code = errnoOf(error) ?? '';
  if (!code.startsWith('ERR_SSL_')) {
    const how = error === undefined ? 'closed the connection' : reasonOf(error);
    return new DrayError('CONNECTION_LOST', `${what}: ${detail.host}:${detail.port} ${how} ${when}`, options);
  }
  // With TLS 1.3 the server looks at our certificate only after the handshake, so that its refusal comes here.
  const message = `${what}: ${detail.host}:${detail.port} ended TLS ${when} (${code.slice('ERR_SSL_'.length)})`;
  const hint = 'the server wants a client certificate that it trusts: --cert-dir DIR';
  return new DrayError('TLS_FAILED', message, { ...options, ...(/CERT|CA$/.test(code) ? { hint } : {}) });
}
