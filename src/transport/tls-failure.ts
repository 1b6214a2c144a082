import { DrayError, errnoOf, messageOf } from '#errors';
import { cleanText } from './clean-text.ts';
import { type FailureDetail, reasonOf } from './failures.ts';

const TRUST_HINT = 'trust the authority that signed it with --ca FILE (PEM), or do without the check with --insecure';

interface Finding {
  readonly text: string;
  readonly hint: string;
}

/** OpenSSL's names for what can be wrong with a certificate. */
const CERTIFICATE_FINDINGS: Readonly<Record<string, Finding>> = {
  CERT_HAS_EXPIRED: {
    text: 'its certificate has expired',
    hint: 'the server needs a new certificate (is the clock of this machine right?); --insecure does without the check',
  },
  CERT_NOT_YET_VALID: {
    text: 'its certificate is not valid yet',
    hint: 'is the clock of this machine right? --insecure does without the check',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { text: 'its certificate is signed by itself', hint: TRUST_HINT },
  SELF_SIGNED_CERT_IN_CHAIN: {
    text: 'its certificate comes from an authority that is not trusted here',
    hint: TRUST_HINT,
  },
  UNABLE_TO_GET_ISSUER_CERT: {
    text: 'its certificate comes from an authority that is not known here',
    hint: TRUST_HINT,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    text: 'its certificate comes from an authority that is not known here',
    hint: TRUST_HINT,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    text: 'its certificate comes from an authority that is not known here, or the server leaves out an intermediate one',
    hint: TRUST_HINT,
  },
  CERT_UNTRUSTED: { text: 'its certificate is not trusted', hint: TRUST_HINT },
  CERT_REVOKED: { text: 'its certificate was revoked', hint: 'the server needs a new certificate' },
};

/** More roots may make these right. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** How OpenSSL, over its versions, calls an answer that is no TLS record. */
const NO_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL',
]);

export function isUntrusted(error: unknown): boolean {
  return UNTRUSTED.has(errnoOf(error) ?? '');
}

/**
 * A handshake that failed with `error`: TLS_FAILED where the two sides do not agree, CONNECT_FAILED where the network broke it.
 * @param label the server, for the message
 */
export function tlsFailure(label: string, error: unknown, detail: FailureDetail): DrayError {
  const code = errnoOf(error) ?? '';
  const fail = ({ text, hint }: Finding, facts: Partial<FailureDetail>): DrayError =>
    new DrayError('TLS_FAILED', `no secure connection to ${label}: ${text}`, {
      hint,
      detail: { ...detail, ...facts },
      cause: error,
    });
  const finding = CERTIFICATE_FINDINGS[code];
  if (finding !== undefined) return fail(finding, { tlsEstablished: true });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return fail(
      {
        text: `its certificate is for other names (${namesIn(error)})`,
        hint: 'use a name that the certificate has; --insecure does without the check',
      },
      { tlsEstablished: true },
    );
  }
  if (NO_TLS.has(code)) {
    const text = 'the server does not speak TLS there; it gave an HTTP or other plain answer';
    return fail({ text, hint: 'if it is meant to be plain http, allow that with --insecure' }, { plainHttp: true });
  }
  if (/^(ERR_SSL_|ERR_TLS_|CERT_)/.test(code)) {
    const alert = code.includes('_ALERT_');
    const text = `${alert ? 'the server refuses' : 'the two sides cannot agree'} (${code.replace(/^ERR_SSL_/, '')})`;
    const wantsCertificate = /CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA/.test(code);
    const hint = wantsCertificate
      ? 'the server may want a client certificate: --cert-dir DIR'
      : 'the server may be too old, or not be what its port says';
    return fail({ text, hint }, { tlsEstablished: alert });
  }
  return new DrayError(
    'CONNECT_FAILED',
    `no secure connection to ${label}: the server ${reasonOf(error)} during the TLS handshake`,
    {
      hint: 'check the network, the port and the proxy settings',
      detail,
      cause: error,
    },
  );
}

/** The names that the certificate does have, from Node's error. */
function namesIn(error: unknown): string {
  const names = /.* altnames: (.*)$/s.exec(messageOf(error))?.[1] ?? messageOf(error);
  return cleanText(names.replace(/\bDNS:/g, '').replace(/\bIP Address:/g, ''), 120);
}
