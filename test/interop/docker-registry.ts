import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestGraph } from 'dray/testing';
import { makeFolder, run } from './run.ts';
import { freePort, isListening, startService } from './service.ts';

export interface RegistryOptions {
  /** Basic authentication with this user alone. */
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  /** Bearer tokens from this realm; `cert` verifies them. */
  readonly token?: { readonly realm: string; readonly service: string; readonly issuer: string; readonly cert: string };
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined } | undefined;
  /** Content of another one is served too. */
  readonly storage?: string | undefined;
  /** True: what it has can be deleted. */
  readonly deletes?: boolean | undefined;
  /** `notifications` of its configuration. */
  readonly notifications?: unknown;
}

/** Debian's docker-registry, on a port of 127.0.0.1, with a folder of its own; it ends with the file's tests. */
export interface DockerRegistry {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly storage: string;
  /** Puts an image into it under `name:tag`. */
  push(reference: string, graph: TestGraph): Promise<void>;
}

export async function startDockerRegistry(options: RegistryOptions = {}): Promise<DockerRegistry> {
  const folder = makeFolder();
  const port = await freePort();
  const storage = options.storage ?? join(folder, 'data');
  const file = join(folder, 'config.yml');
  // YAML takes JSON.
  writeFileSync(file, JSON.stringify(await settings({ ...options, storage }, port, folder)));
  await startService('docker-registry', ['serve', file], () => isListening(port));
  const { user } = options;
  const headers: Record<string, string> =
    user === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}` };
  const host = `127.0.0.1:${port}`;
  return {
    port,
    host,
    storage,
    push: (reference, graph) => pushGraph(`http://${host}`, reference, { graph, headers }),
  };
}

async function settings(options: RegistryOptions, port: number, folder: string): Promise<unknown> {
  const { user, token, tls } = options;
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const basic = async () => ({
    htpasswd: { realm: 'interop', path: file('htpasswd', await run('htpasswd', ['-Bbn', ...named(user)])) },
  });
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: options.storage },
      ...(options.deletes === true && { delete: { enabled: true } }),
    },
    ...(options.notifications !== undefined && { notifications: options.notifications }),
    compatibility: { schema1: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls !== undefined && {
        tls: {
          certificate: file('tls.crt', tls.cert),
          key: file('tls.key', tls.key),
          ...(tls.clientCa !== undefined && { clientcas: [file('client-ca.crt', tls.clientCa)] }),
        },
      }),
    },
    ...(user !== undefined && { auth: await basic() }),
    ...(token !== undefined && {
      auth: {
        token: {
          realm: token.realm,
          service: token.service,
          issuer: token.issuer,
          rootcertbundle: file('token.crt', token.cert),
        },
      },
    }),
  };
}

function named(user: RegistryOptions['user']): readonly string[] {
  return user === undefined ? [] : [user.name, user.password];
}

export interface Content {
  readonly graph: TestGraph;
  readonly headers: Readonly<Record<string, string>>;
}

/** Puts an image into a registry: blobs first, then manifests in the order in which they are built: children before parents. */
export async function pushGraph(origin: string, reference: string, { graph, headers }: Content): Promise<void> {
  const [name = '', tag = ''] = reference.split(/:(?=[^:]*$)/);
  const send = async (url: string, method: string, body: Uint8Array | undefined, type?: string): Promise<Response> => {
    const answer = await fetch(new URL(url, origin), {
      method,
      headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
    assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${await answer.clone().text()}`);
    return answer;
  };
  for (const [digest, bytes] of graph.blobs) {
    if (graph.manifests.has(digest)) continue;
    const upload = await send(`/v2/${name}/blobs/uploads/`, 'POST', undefined);
    const place = new URL(upload.headers.get('location') ?? '', origin);
    place.searchParams.set('digest', digest);
    await send(place.href, 'PUT', bytes, 'application/octet-stream');
  }
  for (const [digest, type] of graph.manifests) {
    await send(`/v2/${name}/manifests/${digest}`, 'PUT', graph.blobs.get(digest), type);
  }
  await send(`/v2/${name}/manifests/${tag}`, 'PUT', graph.blobs.get(graph.root.digest), graph.root.mediaType);
}

/** `sha256:` and the digest of some bytes. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
