import { DrayError, errnoOf, messageOf } from '#errors';
import type { TrustSettings } from './types.ts';

/** Where the distributions keep their roots as one file: Debian, Fedora, SUSE, OpenELEC, RHEL 7, Alpine and macOS. */
const SYSTEM_BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const LARGEST_FILE = 16 * 1024 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What newer versions of `node:tls` can say of roots; Node 20 has the list of its own alone. */
export interface RootSource {
  readonly rootCertificates: readonly string[];
  readonly getCACertificates?: (kind: 'default' | 'system') => readonly string[];
}

/**
 * The roots: Node's own (NODE_EXTRA_CA_CERTS among them), and those that the settings name. Reading and parsing all of a system's
 * takes 15 ms (50 on Node 20), and nearly every server is vouched for by Node's own: so `all` is asked for only when those do not suffice.
 */
export class Trust {
  readonly #settings: TrustSettings;
  #named: Promise<readonly string[]> | undefined;
  #all: Promise<readonly string[]> | undefined;

  constructor(settings: TrustSettings = { system: false }) {
    this.#settings = settings;
  }

  /** There are more roots than Node's own. */
  get hasMore(): boolean {
    const { system, file, folders = [] } = this.#settings;
    return system || file !== undefined || folders.length > 0;
  }

  /** Reads, once, the files that the settings name. Rejects with INVALID_CONFIGURATION for one that cannot be read or holds no certificate. */
  async check(): Promise<void> {
    this.#named ??= this.#readNamed();
    await this.#named;
  }

  /** All roots, each once. */
  all(source: RootSource): Promise<readonly string[]> {
    this.#all ??= this.#collect(source);
    return this.#all;
  }

  async #collect(source: RootSource): Promise<readonly string[]> {
    const { system, file, extraFile } = this.#settings;
    this.#named ??= this.#readNamed();
    const found = [...(source.getCACertificates?.('default') ?? source.rootCertificates), ...(await this.#named)];
    if (source.getCACertificates === undefined && extraFile !== undefined) found.push(...(await readBundle(extraFile)));
    if (system && file === undefined) found.push(...(await readSystem(source)));
    const once = new Map(found.map((pem) => [pem.replace(/\s+/g, ''), pem]));
    return [...once.values()];
  }

  async #readNamed(): Promise<readonly string[]> {
    const { file, folders = [] } = this.#settings;
    const found = file === undefined ? [] : await readBundle(file);
    for (const folder of folders) found.push(...(await readFolder(folder)));
    return found;
  }
}

/** The certificates of a PEM text. */
export function certificatesIn(pem: string): string[] {
  return pem.match(CERTIFICATE) ?? [];
}

async function readSystem(source: RootSource): Promise<readonly string[]> {
  for (const path of SYSTEM_BUNDLES) {
    const text = await readText(path).catch(() => undefined);
    if (text !== undefined) return certificatesIn(text);
  }
  return source.getCACertificates?.('system') ?? [];
}

async function readBundle(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    throw unusable(path, `cannot be read (${errnoOf(error) ?? 'too large'})`, error);
  }
  const found = certificatesIn(text);
  if (found.length === 0) throw unusable(path, 'holds no certificate in PEM form', undefined);
  return found;
}

/** One PEM file per certificate. As elsewhere, a folder that is not there counts as empty, and a file in it that is no certificate is passed over. */
async function readFolder(path: string): Promise<string[]> {
  const { readdir } = await import('node:fs/promises');
  const found: string[] = [];
  try {
    for (const name of await readdir(path)) {
      const text = await readText(`${path}/${name}`).catch(() => '');
      found.push(...certificatesIn(text));
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT')
      throw unusable(path, `cannot be read (${errnoOf(error) ?? messageOf(error)})`, error);
  }
  return found;
}

async function readText(path: string): Promise<string> {
  const { readFile, stat } = await import('node:fs/promises');
  if ((await stat(path)).size > LARGEST_FILE) throw new Error(`larger than ${LARGEST_FILE} bytes`);
  return readFile(path, 'latin1');
}

function unusable(path: string, why: string, cause: unknown): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `the certificates in ${path}: the file ${why}`, {
    hint: 'check SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS',
    detail: { path },
    cause,
  });
}
