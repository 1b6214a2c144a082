import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Digest } from '#oci';
import type { Fault } from '../faults/fault.ts';
import type { TestGraph } from '../images/graph.ts';
import type { Auth } from './auth.ts';
import { Content } from './content.ts';
import { deliver } from './deliver.ts';
import type { Reply } from './reply.ts';
import { type RecordedRequest, type RegistryRequest, readRequest } from './request.ts';
import { BodyLost } from './request-content.ts';
import { type Answer, type Deletes, type RouteOptions, route } from './routes.ts';
import { type UploadRules, Uploads } from './uploads.ts';

export interface RegistryOptions {
  /** By `repository:tag`, or `repository` for content without a tag. */
  readonly images?: Readonly<Record<string, TestGraph>> | undefined;
  /** The first one sees a request first and its answer last. */
  readonly faults?: readonly Fault[] | undefined;
  /** Nobody is asked who they are by default. */
  readonly auth?: Auth | undefined;
  /** PEM texts: the registry speaks https. With `clientAuthority` it wants a certificate that this one signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientAuthority?: string } | undefined;
  /** Address to listen on; 127.0.0.1 by default. The port is always a free one. */
  readonly address?: string | undefined;
  /** What stands before `/v2/`, e.g. `/mirror`. */
  readonly prefix?: string | undefined;
  /** Other contents by path: what foreign layers' URLs and redirects can point to. */
  readonly files?: Readonly<Record<string, Uint8Array>> | undefined;
  /** False: Range is ignored and not announced. */
  readonly ranges?: boolean | undefined;
  /** Most tags in one answer. */
  readonly pageSize?: number | undefined;
  /** False: OCI manifests are given whatever the Accept header says. */
  readonly negotiate?: boolean | undefined;
  /** How it takes what is pushed; false: nothing can be written or deleted. */
  readonly uploads?: UploadRules | false | undefined;
  /** What can be deleted; `all` by default. */
  readonly deletes?: Deletes | undefined;
  /** False: it keeps no list of referrers. */
  readonly referrers?: boolean | undefined;
}

/** What was written to connections so far. */
export interface Served {
  /** Bytes of all bodies. */
  readonly bytes: number;
  /** Bytes of one blob, over all requests for it. */
  of(digest: Digest): number;
}

export interface TestRegistry {
  /** `address:port`. */
  readonly host: string;
  /** With scheme and prefix. */
  readonly url: string;
  /** All requests so far, in the order they came. */
  readonly requests: readonly RecordedRequest[];
  readonly served: Served;
  /** Connections that were ever made. */
  readonly connections: number;
  /** `name` on this registry, as a user would type it. */
  reference(name: string): string;
  /** The bytes of a blob or manifest that it holds now. */
  blob(repository: string, digest: string): Uint8Array | undefined;
  /** The digest that a tag stands for now. */
  tag(repository: string, tag: string): string | undefined;
  /** Uploads that are open. */
  readonly openUploads: number;
  /** Forgets the uploads that are open, as a registry that cleans up. */
  forgetUploads(): void;
  /** Adds an image while it runs, as in `images`. */
  add(name: string, graph: TestGraph): void;
  /** Adds faults, outside of those that are there. */
  inject(...faults: readonly Fault[]): void;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts a registry in this process. Resolves when it listens. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = new RunningRegistry(options);
  await registry.listen(options.address ?? '127.0.0.1');
  return registry;
}

type Recording = { -readonly [Name in keyof RecordedRequest]: RecordedRequest[Name] };

class RunningRegistry implements TestRegistry {
  readonly requests: Recording[] = [];
  readonly served: Served;
  connections = 0;
  host = '';
  url = '';
  readonly #options: RegistryOptions;
  readonly #content = new Content();
  readonly #uploads: Uploads | undefined;
  readonly #routes: RouteOptions;
  readonly #server: Server;
  readonly #sockets = new Map<Socket, number>();
  /** When the newest answer on a connection is over. */
  readonly #answers = new WeakMap<Socket, Promise<void>>();
  readonly #closing = new AbortController();
  #faults: readonly Fault[];

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#faults = options.faults ?? [];
    for (const [name, graph] of Object.entries(options.images ?? {})) this.#content.add(name, graph);
    this.#uploads = options.uploads === false ? undefined : new Uploads(options.uploads ?? {});
    this.#routes = {
      content: this.#content,
      uploads: this.#uploads,
      deletes: options.deletes ?? 'all',
      referrers: options.referrers ?? true,
      prefix: options.prefix ?? '',
      files: options.files ?? {},
      ranges: options.ranges ?? true,
      pageSize: options.pageSize ?? 1000,
      negotiate: options.negotiate ?? true,
    };
    this.served = servedView(this.requests);
    this.#server = createServer(options.tls, (message, response) => void this.#handle(message, response));
    this.#server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
      this.#greet(socket),
    );
  }

  async listen(address: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, address, resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    this.host = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    this.url = `${this.#origin}${this.#routes.prefix}`;
  }

  reference(name: string): string {
    return `${this.host}/${name}`;
  }

  blob(repository: string, digest: string): Uint8Array | undefined {
    return this.#content.blob(repository, digest);
  }

  tag(repository: string, tag: string): string | undefined {
    return this.#content.manifest(repository, tag)?.digest;
  }

  get openUploads(): number {
    return this.#uploads?.count ?? 0;
  }

  forgetUploads(): void {
    this.#uploads?.clear();
  }

  add(name: string, graph: TestGraph): void {
    this.#content.add(name, graph);
  }

  inject(...faults: readonly Fault[]): void {
    this.#faults = [...faults, ...this.#faults];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    for (const socket of this.#sockets.keys()) socket.destroy();
    await closed;
  }

  get #origin(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${this.host}`;
  }

  #greet(socket: Socket): void {
    this.connections += 1;
    this.#sockets.set(socket, this.connections);
    socket.once('close', () => this.#sockets.delete(socket));
    // a client that went away is no news here
    socket.on('error', () => socket.destroy());
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#sockets.get(message.socket) ?? 0;
    const before = this.#answers.get(message.socket);
    this.#answers.set(message.socket, new Promise((resolve) => response.once('close', resolve)));
    const number = this.requests.length + 1;
    const facts = { number, connection, prefix: this.#routes.prefix };
    const request = await readRequest(message, facts).catch(() => undefined);
    if (request === undefined) return; // the client left before its request was whole
    const recording: Recording = { ...request, status: undefined, sent: 0 };
    this.requests.push(recording);
    const honest: Answer = async (asked) => this.#answer(asked);
    const answered = this.#faults.reduceRight<Answer>((next, fault) => (asked) => fault(asked, next), honest)(request);
    const answer = await answered.catch((error: unknown) => {
      // whoever sent half a body waits for no answer
      if (error instanceof BodyLost) return undefined;
      throw error;
    });
    if (answer === undefined) return;
    recording.status = answer.status;
    const onSent = (bytes: number): void => {
      recording.sent += bytes;
    };
    // Who has all bytes of an answer may ask again before it was ended here; till then Node has no connection for the next one.
    await before;
    await deliver(response, answer, { onSent, signal: this.#closing.signal });
  }

  async #answer(request: RegistryRequest): Promise<Reply> {
    const { auth } = this.#options;
    if (auth !== undefined && request.kind === 'token') return auth.token(request);
    const open = this.#routes.files[request.path] !== undefined;
    return (open ? undefined : auth?.refuse(request, this.#origin)) ?? route(request, this.#routes);
  }
}

function createServer(
  tls: RegistryOptions['tls'],
  handler: (message: IncomingMessage, response: ServerResponse) => void,
): Server {
  if (tls === undefined) return createHttpServer(handler);
  const { cert, key, clientAuthority } = tls;
  const mutual =
    clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
  return createHttpsServer({ cert, key, ...mutual }, handler);
}

function servedView(requests: readonly RecordedRequest[]): Served {
  const sum = (some: readonly RecordedRequest[]): number => some.reduce((total, request) => total + request.sent, 0);
  return {
    get bytes() {
      return sum(requests);
    },
    of: (digest) => sum(requests.filter((request) => request.kind === 'blob' && request.reference === digest)),
  };
}
