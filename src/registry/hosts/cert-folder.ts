import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrayError, errnoOf, messageOf } from '#errors';
import type { TlsSettings } from '#transport';

/** A certificate or key is a few KiB; a bundle of all the world's roots is 250 KiB. */
const CERTIFICATE_LIMIT = 8 * 2 ** 20;

/** One PEM file. Rejects with INVALID_CONFIGURATION. */
export async function readPem(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'latin1');
    if (text.length <= CERTIFICATE_LIMIT) return text;
  } catch (error) {
    throw new DrayError('INVALID_CONFIGURATION', `cannot read certificate ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new DrayError('INVALID_CONFIGURATION', `certificate file ${file} is larger than ${CERTIFICATE_LIMIT} bytes`);
}

/**
 * A folder as docker's certs.d has one per host: every *.crt is trusted, X.cert with X.key is the client's pair (the first by name).
 * Undefined where there is no such folder, or it may not be read. Rejects with INVALID_CONFIGURATION for half a pair.
 */
export async function readCertFolder(folder: string): Promise<TlsSettings | undefined> {
  const names = await listFolder(folder);
  if (names === undefined) return undefined;
  const pair = clientPair(folder, names);
  const ca = await Promise.all(
    names.filter((name) => name.endsWith('.crt')).map((name) => readPem(join(folder, name))),
  );
  if (pair === undefined) return { ca };
  return { ca, cert: await readPem(join(folder, pair.cert)), key: await readPem(join(folder, pair.key)) };
}

async function listFolder(folder: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new DrayError('INVALID_CONFIGURATION', `cannot read certificates in ${folder}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function clientPair(folder: string, names: readonly string[]): { cert: string; key: string } | undefined {
  const invalid = (text: string): DrayError => new DrayError('INVALID_CONFIGURATION', `${text} (in ${folder})`);
  let pair: { cert: string; key: string } | undefined;
  for (const name of names) {
    const stem = name.replace(/\.(cert|key)$/, '');
    const [cert, key] = [`${stem}.cert`, `${stem}.key`];
    if (name === cert && !names.includes(key)) {
      throw invalid(`missing key ${key} for client certificate ${cert}. CA certificates must use the extension .crt`);
    }
    if (name === key && !names.includes(cert)) throw invalid(`missing client certificate ${cert} for key ${key}`);
    if (name === cert) pair ??= { cert, key };
  }
  return pair;
}

/** Both together: the certificates of `a` and `b` are trusted, and the client's pair is the first that there is. */
export function mergeTls(a: TlsSettings | undefined, b: TlsSettings | undefined): TlsSettings | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const client = a.cert === undefined ? b : a;
  return {
    ca: [...(a.ca ?? []), ...(b.ca ?? [])],
    cert: client.cert,
    key: client.key,
    insecure: a.insecure ?? b.insecure,
  };
}
