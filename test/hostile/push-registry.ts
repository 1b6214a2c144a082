import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { digestOf } from './layers-image.ts';

export type PushKind =
  | 'ping'
  | 'blob'
  | 'start'
  | 'status'
  | 'patch'
  | 'finish'
  | 'cancel'
  | 'manifest'
  | 'put manifest'
  | 'other';

export interface PushRequest {
  readonly kind: PushKind;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** How many of this kind there were, this one included. */
  readonly count: number;
}

export interface PushAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Another answer than the honest one; or none: silence, the end of the connection, or a body that does not end. */
export type Lie = PushAnswer | 'silence' | 'cut' | 'endless' | undefined;

export interface PushOptions {
  /** Asked for each request before it is answered. */
  readonly lie?: ((request: PushRequest, registry: PushRegistry) => Lie) | undefined;
  /** The user and password without which nothing is answered. */
  readonly basic?: string | undefined;
  /** Cuts the first body of a layer after so many bytes. */
  readonly cutAfter?: number | undefined;
}

const REPOSITORY =
  /^\/v2\/(?<name>.+)\/(?:blobs\/(?<blob>sha256:[0-9a-f]+)|blobs\/uploads\/(?<upload>[^/]*)|manifests\/(?<tag>[^/]+))$/;

/** A registry that keeps what is pushed, in memory: honest but for `lie`. */
export class PushRegistry {
  readonly blobs: Map<string, Buffer> = new Map();
  readonly manifests: Map<string, Buffer> = new Map();
  readonly uploads: Map<string, Buffer> = new Map();
  readonly requests: PushRequest[] = [];
  readonly #options: PushOptions;
  readonly #sockets = new Set<Socket>();
  #server = createServer();
  #left: number | undefined;
  port = 0;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#left = options.cutAfter;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Forgets what uploads have so far. */
  forgetUploads(): void {
    this.uploads.clear();
  }

  async start(): Promise<void> {
    this.#server = createServer((message, response) => {
      this.#take(message, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async #take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = message;
    const url = new URL(message.url ?? '/', `http://${this.host}`);
    const parts = REPOSITORY.exec(url.pathname)?.groups ?? {};
    const kind = kindOf(method, url.pathname, parts);
    const body = await this.#bodyOf(message, kind, parts['upload'] ?? '');
    const count = this.requests.filter((one) => one.kind === kind).length + 1;
    const request: PushRequest = { kind, method, url, headers, body, count };
    this.requests.push(request);
    const lie = this.#options.lie?.(request, this);
    if (lie === 'silence') return;
    if (lie === 'cut') return void response.destroy();
    if (lie === 'endless') return endless(response);
    const answer = lie ?? this.#barred(request) ?? this.#honest(request, parts);
    const length =
      answer.headers?.['transfer-encoding'] === undefined ? Buffer.from(answer.body ?? '').length : undefined;
    response.writeHead(answer.status, {
      ...(length === undefined ? {} : { 'content-length': length }),
      ...answer.headers,
    });
    response.end(method === 'HEAD' ? undefined : answer.body);
  }

  /** Reads the body; where it is cut, what has come so far belongs to the upload. */
  async #bodyOf(message: IncomingMessage, kind: PushKind, upload: string): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) {
      parts.push(chunk);
      if (this.#left === undefined || (kind !== 'patch' && kind !== 'finish')) continue;
      this.#left -= chunk.length;
      if (this.#left > 0) continue;
      this.#left = undefined;
      this.uploads.set(upload, Buffer.concat([this.uploads.get(upload) ?? Buffer.alloc(0), ...parts]));
      this.requests.push({
        kind,
        method: 'CUT',
        url: new URL('http://cut'),
        headers: message.headers,
        body: Buffer.concat(parts),
        count: 0,
      });
      message.destroy();
      throw new Error('cut');
    }
    return Buffer.concat(parts);
  }

  #barred({ headers }: PushRequest): PushAnswer | undefined {
    const { basic } = this.#options;
    if (basic === undefined || headers.authorization === `Basic ${Buffer.from(basic).toString('base64')}`)
      return undefined;
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="a test"' } };
  }

  #honest(request: PushRequest, parts: Readonly<Record<string, string | undefined>>): PushAnswer {
    const { kind, url } = request;
    const upload = parts['upload'] ?? '';
    const location = `/v2/${parts['name']}/blobs/uploads/${upload}`;
    const has = this.uploads.get(upload);
    if (kind === 'ping') return { status: 200, body: '{}' };
    switch (kind) {
      case 'blob': {
        const blob = this.blobs.get(parts['blob'] ?? '');
        return blob === undefined
          ? failure(404, 'BLOB_UNKNOWN')
          : { status: 200, body: blob, headers: { 'docker-content-digest': parts['blob'] ?? '' } };
      }
      case 'start': {
        const id = `upload-${this.requests.length}`;
        this.uploads.set(id, Buffer.alloc(0));
        return { status: 202, headers: { location: `/v2/${parts['name']}/blobs/uploads/${id}?_state=x%2By%3D` } };
      }
      case 'cancel':
        this.uploads.delete(upload);
        return { status: 204 };
      case 'status':
      case 'patch':
      case 'finish': {
        if (has === undefined) return failure(404, 'BLOB_UPLOAD_UNKNOWN');
        const now = Buffer.concat([has, request.body]);
        this.uploads.set(upload, now);
        if (kind !== 'finish')
          return {
            status: kind === 'status' ? 204 : 202,
            headers: { location, range: `0-${Math.max(0, now.length - 1)}` },
          };
        this.uploads.delete(upload);
        if (digestOf(now) !== url.searchParams.get('digest')) return failure(400, 'DIGEST_INVALID');
        this.blobs.set(digestOf(now), now);
        return {
          status: 201,
          headers: { location: `/v2/${parts['name']}/blobs/${digestOf(now)}`, 'docker-content-digest': digestOf(now) },
        };
      }
      case 'manifest': {
        const manifest = this.manifests.get(parts['tag'] ?? '');
        return manifest === undefined
          ? failure(404, 'MANIFEST_UNKNOWN')
          : {
              status: 200,
              body: manifest,
              headers: { 'content-type': typeOf(manifest), 'docker-content-digest': digestOf(manifest) },
            };
      }
      case 'put manifest': {
        const missing = blobsOf(request.body).find((digest) => !this.blobs.has(digest) && !this.manifests.has(digest));
        if (missing !== undefined) return failure(400, 'MANIFEST_BLOB_UNKNOWN', `blob unknown: ${missing}`);
        for (const name of [parts['tag'] ?? '', digestOf(request.body)]) this.manifests.set(name, request.body);
        return { status: 201, headers: { location: url.pathname, 'docker-content-digest': digestOf(request.body) } };
      }
      default:
        return failure(404, 'UNSUPPORTED');
    }
  }
}

export function failure(status: number, code: string, message = 'a test'): PushAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

function kindOf(method: string, path: string, parts: Readonly<Record<string, string | undefined>>): PushKind {
  if (path === '/v2/') return 'ping';
  const reads = method === 'GET' || method === 'HEAD';
  if (parts['blob'] !== undefined) return reads ? 'blob' : 'other';
  if (parts['tag'] !== undefined) return reads ? 'manifest' : 'put manifest';
  if (parts['upload'] === undefined) return 'other';
  const kinds: Readonly<Record<string, PushKind>> = {
    POST: 'start',
    PATCH: 'patch',
    PUT: 'finish',
    DELETE: 'cancel',
    GET: 'status',
    HEAD: 'status',
  };
  return kinds[method] ?? 'other';
}

function endless(response: ServerResponse): void {
  response.writeHead(201, { 'content-type': 'application/json' });
  const more = (): void => {
    if (!response.destroyed) response.write(Buffer.alloc(1 << 16, 32), () => setImmediate(more));
  };
  more();
}

function blobsOf(manifest: Buffer): readonly string[] {
  try {
    const {
      config,
      layers = [],
      manifests = [],
    } = JSON.parse(manifest.toString()) as Record<string, { digest: string }[]> & { config?: { digest: string } };
    return [...(config === undefined ? [] : [config]), ...layers, ...manifests].map(({ digest }) => digest);
  } catch {
    return [];
  }
}

function typeOf(manifest: Buffer): string {
  return (JSON.parse(manifest.toString()) as { mediaType: string }).mediaType;
}
