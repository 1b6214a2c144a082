import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { Readable } from 'node:stream';
import { checkText, type RegistryProcess } from './registry-process.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Each value of a header, which `headers` may have joined. */
  readonly distinct: NodeJS.Dict<string[]>;
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string | Readable | undefined;
}

export type Algorithm = 'sha256' | 'sha512';

/** A client that does nothing of its own accord: one request, its answer. Every answer is looked at for what none may tell. */
export class Client {
  readonly #registry: RegistryProcess;
  // What is idle goes before the server closes it, so that no request is written into a connection that ends.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 30_000 });
  #names = 0;
  /** `Authorization` of each request that does not name its own. */
  credentials: string | undefined;

  constructor(registry: RegistryProcess) {
    this.#registry = registry;
  }

  get registry(): RegistryProcess {
    return this.#registry;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A name of a repository that nobody has used. */
  name(): string {
    this.#names += 1;
    return `test/repo-${this.#names}`;
  }

  /** `target`: a path as it is to be sent, or a Location. */
  async ask(method: string, target: string, { headers = {}, body }: Ask = {}): Promise<Answer> {
    const { origin } = this.#registry;
    const path = target.startsWith('http') ? target.slice(target.indexOf('/', 8)) : target;
    const length = typeof body === 'string' || body instanceof Uint8Array ? Buffer.byteLength(body) : undefined;
    const needsLength = body === undefined && ['POST', 'PUT', 'PATCH'].includes(method);
    const answer = await new Promise<Answer>((resolve, reject) => {
      const sent = request(`${origin}/`, {
        method,
        path,
        agent: this.#agent,
        headers: {
          ...(length !== undefined && { 'content-length': length }),
          ...(needsLength && { 'content-length': 0 }),
          ...(this.credentials !== undefined && { authorization: this.credentials }),
          ...headers,
        },
      });
      sent.on('error', reject).on('response', (message) => {
        const chunks: Buffer[] = [];
        message.on('error', reject).on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () => {
          const whole = Buffer.concat(chunks);
          const { statusCode: status = 0, headersDistinct: distinct } = message;
          resolve({ status, headers: message.headers, distinct, body: whole, text: whole.toString() });
        });
      });
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) sent.end(body);
      else body.on('error', reject).pipe(sent);
    });
    this.#check(method, path, answer);
    return answer;
  }

  #check(method: string, path: string, { status, headers, text }: Answer): void {
    const what = `${method} ${path.slice(0, 200)} answered ${status}: ${text.slice(0, 300)}`;
    assert.notEqual(status, 500, what);
    const told = `${JSON.stringify(headers)}\n${status >= 400 ? text : ''}`;
    checkText(told, this.#registry.folder);
  }

  get(target: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.ask('GET', target, { headers });
  }

  /** A new upload; resolves to where it goes on. */
  async upload(name: string): Promise<string> {
    const answer = await this.ask('POST', `/v2/${name}/blobs/uploads/`);
    assert.equal(answer.status, 202, answer.text);
    return locationOf(answer);
  }

  /** POST, then PUT. */
  async pushBlob(name: string, bytes: Uint8Array | string, algorithm: Algorithm = 'sha256'): Promise<string> {
    const digest = digestOf(bytes, algorithm);
    const answer = await this.ask('PUT', withQuery(await this.upload(name), { digest }), {
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    });
    assert.equal(answer.status, 201, answer.text);
    return digest;
  }

  putManifest(name: string, reference: string, document: unknown, type: string = OCI_MANIFEST): Promise<Answer> {
    const body = typeof document === 'string' || document instanceof Uint8Array ? document : JSON.stringify(document);
    return this.ask('PUT', `/v2/${name}/manifests/${reference}`, { body, headers: { 'content-type': type } });
  }

  /** An image with a config and layers of random bytes; its manifest goes to `reference`. Resolves to the manifest's bytes. */
  async pushImage(name: string, reference: string | undefined, extra: object = {}): Promise<Buffer> {
    const manifest = Buffer.from(JSON.stringify({ ...(await this.image(name)), ...extra }));
    const answer = await this.putManifest(name, reference ?? digestOf(manifest), manifest);
    assert.equal(answer.status, 201, answer.text);
    return manifest;
  }

  /** The manifest of an image whose blobs are there. */
  async image(name: string, type: string = OCI_MANIFEST): Promise<object> {
    const config = Buffer.from(`{"architecture":"amd64","os":"linux","created":"${randomBytes(8).toString('hex')}"}`);
    const layer = randomBytes(64);
    await this.pushBlob(name, config);
    await this.pushBlob(name, layer);
    const isOci = type === OCI_MANIFEST;
    return {
      schemaVersion: 2,
      mediaType: type,
      config: described(config, isOci ? OCI_CONFIG : 'application/vnd.docker.container.image.v1+json'),
      layers: [described(layer, isOci ? OCI_LAYER : 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
    };
  }
}

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

export interface Described {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export function described(bytes: Uint8Array | string, mediaType: string, algorithm: Algorithm = 'sha256'): Described {
  return { mediaType, digest: digestOf(bytes, algorithm), size: Buffer.byteLength(bytes) };
}

export function digestOf(bytes: Uint8Array | string, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Adds to a Location, which may have a query of its own. */
export function withQuery(location: string, query: Readonly<Record<string, string>>): string {
  const added = new URLSearchParams(query).toString().replaceAll('%3A', ':');
  return `${location}${location.includes('?') ? '&' : '?'}${added}`;
}

export function locationOf(answer: Answer): string {
  const { location } = answer.headers;
  assert.ok(location !== undefined && location !== '', `no Location: ${answer.status} ${answer.text}`);
  return location;
}

/** The answer is an error of the specification's shape, with one of these codes. */
export function checkError(
  answer: Answer,
  status: number | readonly number[],
  code?: string | readonly string[],
): void {
  const statuses = typeof status === 'number' ? [status] : status;
  assert.ok(statuses.includes(answer.status), `${answer.status} instead of ${statuses.join(' or ')}: ${answer.text}`);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  const { errors } = JSON.parse(answer.text) as { readonly errors: readonly { code: unknown; message: unknown }[] };
  assert.ok(Array.isArray(errors) && errors.length > 0, answer.text);
  for (const error of errors) {
    assert.match(String(error.code), /^[A-Z0-9_]+$/);
    assert.equal(typeof error.message, 'string', answer.text);
  }
  if (code === undefined) return;
  const codes = typeof code === 'string' ? [code] : code;
  assert.ok(codes.includes(String(errors[0]?.code)), `${String(errors[0]?.code)} instead of ${codes.join(' or ')}`);
}
