import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CertificateField, CertificateUserOptions } from '../options.ts';

const PREFIXES: Readonly<Record<Exclude<CertificateField, 'cn'>, string>> = {
  dns: 'DNS:',
  email: 'email:',
  uri: 'URI:',
};
/** Node writes names that could be taken for several ones as JSON. */
const ALTERNATIVE_NAME = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;
const CONTROL = /\p{Cc}/u;

/** Whose client certificate a connection has; undefined: it has none, none that an authority of ours signed, or none with a name in it. */
export type CertificateUser = (socket: TLSSocket | undefined) => string | undefined;

export function certificateUser({ fields = ['cn'] }: CertificateUserOptions): CertificateUser {
  const known = new WeakMap<TLSSocket, { readonly user: string | undefined }>();
  return (socket) => {
    if (socket === undefined || !socket.authorized) return undefined;
    let found = known.get(socket);
    if (found === undefined) {
      found = { user: nameIn(socket.getPeerX509Certificate(), fields) };
      known.set(socket, found);
    }
    return found.user;
  };
}

/** Several names of a kind are none: which one is meant cannot be known. */
export function nameIn(
  certificate: X509Certificate | undefined,
  fields: readonly CertificateField[],
): string | undefined {
  if (certificate === undefined) return undefined;
  for (const field of fields) {
    const names = field === 'cn' ? commonNames(certificate) : alternativeNames(certificate, PREFIXES[field]);
    const [name] = names;
    if (names.length === 1 && name !== undefined && name !== '' && !CONTROL.test(name)) return name;
  }
  return undefined;
}

function commonNames(certificate: X509Certificate): readonly string[] {
  const { subject }: { subject?: { CN?: string | string[] } } = certificate.toLegacyObject();
  const { CN = [] } = subject ?? {};
  return typeof CN === 'string' ? [CN] : CN;
}

function alternativeNames({ subjectAltName = '' }: X509Certificate, prefix: string): readonly string[] {
  return (subjectAltName.match(ALTERNATIVE_NAME) ?? [])
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => unquoted(entry.slice(prefix.length)));
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  const value: unknown = JSON.parse(text);
  return typeof value === 'string' ? value : '';
}
