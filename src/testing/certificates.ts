import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface CertificateOptions {
  /** Common name; "test" by default. */
  readonly name?: string | undefined;
  /** DNS names and IPv4 or IPv6 addresses that it is good for. */
  readonly hosts?: readonly string[] | undefined;
  /** Who signs; by itself by default. */
  readonly issuer?: Certificate | undefined;
  /** True: it may sign others. */
  readonly authority?: boolean | undefined;
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
}

/** PEM texts. */
export interface Certificate {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
}

const DAY = 86_400_000;
const OID = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  subjectKeyId: [0x55, 0x1d, 0x0e],
  authorityKeyId: [0x55, 0x1d, 0x23],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
} as const;

/** A fresh P-256 key and an X.509 certificate for it (RFC 5280), good for a day: for TLS in tests, with nothing installed. */
export function createCertificate(options: CertificateOptions = {}): Certificate {
  const { name = 'test', issuer } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const issuerKey = issuer?.key ?? key;
  const issuerKeyInfo = createPublicKey(issuerKey).export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const body = sequence(
    tagged(0, integer([2])), // version 3
    integer([1, ...randomBytes(8)]), // serial number, positive
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(
      time(options.notBefore ?? new Date(Date.now() - DAY)),
      time(options.notAfter ?? new Date(Date.now() + DAY)),
    ),
    distinguishedName(name),
    keyInfo,
    tagged(3, sequence(...extensions(options, keyId(keyInfo), keyId(issuerKeyInfo)))),
  );
  const signature = sign('sha256', body, issuerKey);
  const der = sequence(body, algorithm, bitString(signature));
  return { name, cert: pem(der), key };
}

function extensions(options: CertificateOptions, own: Buffer, issuer: Buffer): Buffer[] {
  const { hosts = [], authority = options.issuer === undefined } = options;
  const extension = (id: readonly number[], value: Buffer): Buffer => sequence(objectId(id), element(0x04, value));
  return [
    extension(OID.subjectKeyId, element(0x04, own)),
    extension(OID.authorityKeyId, sequence(element(0x80, issuer))),
    extension(OID.basicConstraints, authority ? sequence(element(0x01, Buffer.from([0xff]))) : sequence()),
    ...(hosts.length === 0 ? [] : [extension(OID.subjectAltName, sequence(...hosts.map(alternativeName)))]),
  ];
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 0) return element(0x82, Buffer.from(host, 'latin1'));
  return element(0x87, Buffer.from(isIP(host) === 4 ? host.split('.').map(Number) : ipv6Bytes(host)));
}

function ipv6Bytes(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  return [...groups(head), ...zeros, ...groups(tail)].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function keyId(keyInfo: Buffer): Buffer {
  return createHash('sha1').update(keyInfo).digest();
}

// DER (X.690): every value is a tag, a length and content.

function element(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function tagged(number: number, content: Buffer): Buffer {
  return element(0xa0 + number, content);
}

function integer(bytes: readonly number[]): Buffer {
  return element(0x02, Buffer.from(bytes));
}

function objectId(bytes: readonly number[]): Buffer {
  return element(0x06, Buffer.from(bytes));
}

function bitString(content: Buffer): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([0]), content]));
}

/** GeneralizedTime from 2050 on, UTCTime before, as RFC 5280 wants it. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return date.getUTCFullYear() < 2050 ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text));
}

function distinguishedName(name: string): Buffer {
  return sequence(element(0x31, sequence(objectId(OID.commonName), element(0x0c, Buffer.from(name)))));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
