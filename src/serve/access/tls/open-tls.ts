import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Server } from 'node:https';
import {
  createSecureContext,
  type SecureContextOptions,
  type TlsOptions as ServerTlsOptions,
  type TLSSocket,
} from 'node:tls';
import { DrayError, messageOf } from '#errors';
import type { ClientAuthMode, TlsOptions } from '../options.ts';
import { readCertificates } from '../read-certificates.ts';
import { WatchedFile } from '../watched-file.ts';

export interface OpenedTls {
  /** For `createServer` of node:https. */
  readonly serverOptions: ServerTlsOptions;
  /** Gives the server new certificates when the files change, and refuses clients as `clientAuth` says. Before the first connection. */
  attach(server: Server): void;
  /** Looks at the files now; happens every few seconds by itself. Connections that are there stay as they are. */
  reload(): void;
  /** Ends the looking. */
  close(): void;
}

export interface OpenTlsOptions {
  /** Told once of new files that cannot be used; the certificates of before stay in use. */
  readonly onProblem?: ((error: DrayError) => void) | undefined;
}

const LOOK_EVERY = 5000;
const FILE_LIMIT = 4 * 1024 * 1024;
const VERSIONS = { 'tls1.0': 'TLSv1', 'tls1.1': 'TLSv1.1', 'tls1.2': 'TLSv1.2', 'tls1.3': 'TLSv1.3' } as const;
const VERIFYING: ReadonlySet<ClientAuthMode> = new Set<ClientAuthMode>([
  'verify-client-cert-if-given',
  'require-and-verify-client-cert',
]);

interface Files {
  readonly cert: WatchedFile<string>;
  readonly key: WatchedFile<string>;
  readonly clientCas: readonly WatchedFile<string>[];
}

/** Throws INVALID_CONFIGURATION or IO_FAILED where the files cannot be used, or the options do not fit together. */
export function openTls(options: TlsOptions, { onProblem = () => {} }: OpenTlsOptions = {}): OpenedTls {
  const mode = modeOf(options);
  const files = openFiles(options, onProblem);
  let current = contextOptions(files, options);
  checkPair(current, options);
  createSecureContext(current);
  let wrong: string | undefined;
  let told: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const servers = new Set<Server>();

  const reload = (): void => {
    for (const file of [files.cert, files.key, ...files.clientCas]) file.look();
    const next = contextOptions(files, options);
    const state = JSON.stringify(next);
    if (state === JSON.stringify(current)) return;
    try {
      checkPair(next, options);
      for (const server of servers) server.setSecureContext(next);
      current = next;
    } catch (error) {
      // a certificate and its key are replaced one after the other: only what stays wrong is told
      if (state === wrong && state !== told) onProblem(stays(error));
      if (state === wrong) told = state;
      wrong = state;
    }
  };
  return {
    serverOptions: {
      ...current,
      requestCert: mode !== undefined,
      rejectUnauthorized: mode === 'require-and-verify-client-cert',
    },
    attach(server) {
      servers.add(server);
      server.prependListener('secureConnection', (socket) => {
        if (!isWelcome(socket, mode)) socket.destroy();
      });
      timer ??= setInterval(reload, LOOK_EVERY).unref();
    },
    reload,
    close: () => clearInterval(timer),
  };
}

function modeOf({ clientCas = [], clientAuth }: TlsOptions): ClientAuthMode | undefined {
  const mode = clientAuth ?? (clientCas.length > 0 ? 'require-and-verify-client-cert' : undefined);
  if (mode !== undefined && VERIFYING.has(mode) && clientCas.length === 0) {
    throw new DrayError('INVALID_CONFIGURATION', `${mode} needs the certificates of those who sign (clientcas)`);
  }
  return mode;
}

/** What TLS itself does not look at. */
function isWelcome(socket: TLSSocket, mode: ClientAuthMode | undefined): boolean {
  if (mode === 'require-any-client-cert') return socket.getPeerX509Certificate() !== undefined;
  if (mode !== 'verify-client-cert-if-given') return true;
  return socket.authorized || socket.getPeerX509Certificate() === undefined;
}

function openFiles({ cert, key, clientCas = [] }: TlsOptions, onProblem: (error: DrayError) => void): Files {
  const open = (path: string, what: string, check: (text: string) => unknown): WatchedFile<string> =>
    new WatchedFile({
      path,
      what,
      limit: FILE_LIMIT,
      onProblem,
      parse: (text) => {
        check(text);
        return text;
      },
    });
  return {
    cert: open(cert, 'the TLS certificate', (text) => readCertificates(text, cert)),
    key: open(key, 'the TLS key', (text) => readKey(text, key)),
    clientCas: clientCas.map((path) =>
      open(path, 'the certificates of client authorities', (text) => readCertificates(text, path)),
    ),
  };
}

function readKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new DrayError(
      'INVALID_CONFIGURATION',
      `${path} is no private key that can be read (PEM, without a passphrase)`,
    );
  }
}

function contextOptions({ cert, key, clientCas }: Files, { minimumTls = 'tls1.2' }: TlsOptions): SecureContextOptions {
  return {
    cert: cert.value,
    key: key.value,
    // never those of the system: whoever has a certificate from one of them would be a user here
    ca: clientCas.map((file) => file.value),
    minVersion: VERSIONS[minimumTls],
    // OpenSSL has no other ciphers for these
    ...((minimumTls === 'tls1.0' || minimumTls === 'tls1.1') && { ciphers: 'DEFAULT@SECLEVEL=0' }),
  };
}

function checkPair({ cert, key }: SecureContextOptions, paths: TlsOptions): void {
  if (typeof cert !== 'string' || typeof key !== 'string') return;
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  throw new DrayError(
    'INVALID_CONFIGURATION',
    `the TLS key ${paths.key} is not that of the certificate ${paths.cert}`,
    {
      hint: 'the first certificate of the file has to be that of the server',
    },
  );
}

function stays(error: unknown): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `${messageOf(error)}; the certificate of before stays in use`, {
    cause: error,
  });
}
