import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrayError, errnoOf, isDrayError, messageOf } from '#errors';
import { libtrustId } from '../tokens/key-ids.ts';

/** A P-256 key. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
}

/**
 * The key of the file; where there is none it is made, once, whoever else does the same at the same time. Without a file: a fresh one. Rejects with
 * INVALID_CONFIGURATION for a file that has no such key or that others may read, IO_FAILED where it cannot be read or made.
 */
export async function openSigningKey(path: string | undefined): Promise<SigningKey> {
  if (path === undefined) return asSigningKey(freshKey());
  try {
    return asSigningKey((await readKey(path)) ?? (await makeKey(path)));
  } catch (error) {
    if (isDrayError(error)) throw error;
    throw new DrayError('IO_FAILED', `cannot open the key for tokens ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function makeKey(path: string): Promise<KeyObject> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(freshKey().export({ type: 'pkcs8', format: 'pem' }));
      await file.sync();
    } finally {
      await file.close();
    }
    // never over a key that somebody else has made by now
    await link(temporary, path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
  const key = await readKey(path);
  if (key === undefined)
    throw new DrayError('IO_FAILED', `the key for tokens ${path} was taken away while it was made`);
  return key;
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (((await stat(path)).mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw new DrayError('INVALID_CONFIGURATION', `the key for tokens ${path} may be read or written by others`, {
      hint: `chmod 600 ${path}, or delete it: a new one is made`,
    });
  }
  const key = parseKey(pem);
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new DrayError('INVALID_CONFIGURATION', `the key for tokens ${path} is no P-256 private key (PEM)`, {
      hint: 'delete it: a new one is made',
    });
  }
  return key;
}

/** What it says of the failure might be of the key. */
function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function freshKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}

function asSigningKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, kid: libtrustId(publicKey) };
}
