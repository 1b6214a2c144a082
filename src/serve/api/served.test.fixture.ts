import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createMemoryStorage } from '../storage/memory/memory-storage.ts';
import type { RegistryStorage } from '../storage/port.ts';
import { createRegistryHandler } from './handler.ts';
import type { RegistryApiOptions } from './options.ts';

export interface Served {
  readonly storage: RegistryStorage;
  readonly port: number;
  ask(method: string, path: string, more?: AskMore): Promise<Answer>;
}

export interface AskMore {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The codes of an error answer. */
  readonly codes: readonly string[];
}

/** A registry in memory behind a real server, until the test ends. */
export async function served(t: TestContext, options: Partial<RegistryApiOptions> = {}): Promise<Served> {
  const storage = options.storage ?? createMemoryStorage();
  const server = createServer(createRegistryHandler({ ...options, storage }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { storage, port, ask: (method, path, more = {}) => ask(port, { ...more, method, path }) };
}

function ask(
  port: number,
  { method, path, headers = {}, body }: AskMore & { method: string; path: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(chunks);
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, body: all, codes: codesOf(all) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function codesOf(body: Buffer): readonly string[] {
  try {
    const { errors = [] } = JSON.parse(body.toString()) as { errors?: { code: string }[] };
    return errors.map(({ code }) => code);
  } catch {
    return [];
  }
}

/** Pushes a blob and returns its digest. */
export async function pushBlob({ storage }: Served, repository: string, content: Uint8Array): Promise<string> {
  const { digestOf } = await import('#oci');
  const digest = digestOf(content);
  const { bytesOf } = await import('#bytes');
  await storage.uploads.put(repository, digest, bytesOf(content));
  return digest;
}
