import type { TlsOptions } from '../access/options.ts';
import type { SettingsPart } from '../settings.ts';
import type { ConfigNode } from './config-node.ts';
import { needless, part, unsupported } from './distribution-readers.ts';
import {
  basePath,
  file,
  listOf,
  mapOf,
  oneOf,
  type Read,
  type Reading,
  refusal,
  text,
  toggle,
  wait,
} from './readers.ts';

const NO_CERTIFICATES = unsupported(
  'have another program get certificates, and name them in http.tls: they are read again when they change',
);

const readTls = part({
  certificate: file,
  key: file,
  clientcas: listOf(file),
  clientauth: oneOf(
    'request-client-cert',
    'require-any-client-cert',
    'verify-client-cert-if-given',
    'require-and-verify-client-cert',
  ),
  minimumtls: oneOf('tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'),
  ciphersuites: unsupported("Node's choice is used"),
  letsencrypt: part({
    cachefile: NO_CERTIFICATES,
    email: NO_CERTIFICATES,
    hosts: NO_CERTIFICATES,
    directoryurl: NO_CERTIFICATES,
  }),
});

const read = part({
  addr: text,
  net: oneOf('tcp', 'unix', ''),
  prefix: basePath,
  // Locations are told without a host, and an upload needs no signature.
  host: needless,
  relativeurls: needless,
  secret: needless,
  draintimeout: wait(),
  tls: (node, reading) => tlsOf(node, reading),
  debug: part({ addr: text, prometheus: part({ enabled: toggle, path: text }) }),
  headers: mapOf(listOf(text)),
  http2: part({ disabled: needless }),
  h2c: part({ enabled: unsupported('clients are answered by HTTP/1.1', /^false$/) }),
});

/** `http` of distribution. */
export const readHttp: Read<SettingsPart> = (node, reading) => {
  const { addr, net, prefix, draintimeout, tls, debug, headers } = read(node, reading);
  return {
    ...(addr !== undefined && { listen: net === 'unix' ? `unix://${addr}` : addr }),
    ...(prefix !== undefined && { prefix }),
    ...(draintimeout !== undefined && { drainTimeout: draintimeout }),
    ...(tls !== undefined && { tls }),
    ...(debug?.addr !== undefined && {
      debug: debug.addr,
      metrics: debug.prometheus?.enabled === true ? (debug.prometheus.path ?? '/metrics') : undefined,
    }),
    ...(headers !== undefined && { headers }),
  };
};

function tlsOf(node: ConfigNode, reading: Reading): TlsOptions | undefined {
  const { certificate, key, clientcas, clientauth, minimumtls } = readTls(node, reading);
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) throw refusal(node, reading, 'needs certificate and key');
  return { cert: certificate, key, clientCas: clientcas, clientAuth: clientauth, minimumTls: minimumtls };
}
