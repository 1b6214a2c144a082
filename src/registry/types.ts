import type { CallOptions, Resolver, Source } from '#content';
import type { Descriptor, Digest, Reference } from '#oci';
import type { Clock } from '#timing';
import type { TlsSettings, TransportOptions } from '#transport';
import type { HostsSettings } from './hosts/settings.ts';

/** Where one registry can be asked: the registry itself, or a mirror of it. Plain data. */
export interface Endpoint {
  /** `scheme://host[:port][/prefix]`, no slash at the end; `/v2/…` follows. */
  readonly url: string;
  /** The registry that it stands for, e.g. `docker.io`. */
  readonly domain: string;
  readonly mirror: boolean;
  readonly tls?: TlsSettings | undefined;
  /** Sent to this endpoint only, never along a redirect. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The prefix stands for `/v2` itself (containerd's override_path). */
  readonly overridePath?: boolean | undefined;
  /** Sent as `ns=`, so that a mirror of many registries knows which one is meant (as containerd does). */
  readonly namespace?: string | undefined;
  /** Trusted with content by digest only, not to say what a tag stands for (containerd's capabilities without `resolve`). */
  readonly digestsOnly?: boolean | undefined;
  /** Milliseconds for a connection, in place of the transport's own (containerd's dial_timeout). */
  readonly connectTimeout?: number | undefined;
}

/** What one registry gets to see. An identity token is exchanged for bearer tokens; a registry token is one. */
export interface Credential {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identityToken?: string | undefined;
  readonly registryToken?: string | undefined;
}

export interface LookupOptions extends CallOptions {
  /** Path within the registry that is asked for, for files that keep credentials by repository. */
  readonly repository?: string | undefined;
}

/** Finds the credential for `host[:port]` of a registry (`docker.io` for Docker Hub), or undefined. Never called for any other host than the one that asks. */
export type Keychain = (host: string, options?: LookupOptions) => Promise<Credential | undefined>;

export interface FetchedManifest {
  /** Verified against the bytes: media type, digest, size. */
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** One repository at one endpoint. */
export interface Repository extends Source, Resolver {
  readonly endpoint: Endpoint;
  /** Path within the registry, e.g. `library/alpine`. */
  readonly path: string;
  /**
   * The manifest or index with this tag or digest, at most 4 MiB; its digest is computed from the bytes and checked against the
   * digest asked for and against `Docker-Content-Digest`. Rejects with MANIFEST_UNKNOWN, NAME_UNKNOWN, DIGEST_MISMATCH, TOO_LARGE, BAD_RESPONSE …
   */
  manifest(tagOrDigest: string, options?: ManifestOptions): Promise<FetchedManifest>;
  /** Bytes of a blob whose manifest does not say (docker's first format). Rejects with BLOB_UNKNOWN, or BAD_RESPONSE where the registry does not say either. */
  blobSize(digest: Digest, options?: CallOptions): Promise<number>;
  /** All tags, page by page, in the registry's order. A Link that loops or leaves the host ends with BAD_RESPONSE. */
  tags(options?: CallOptions): AsyncIterable<string>;
}

export interface ManifestOptions extends CallOptions {
  /** Media types to accept, in order; by default all that dray reads, schema1 last. */
  readonly accept?: readonly string[] | undefined;
}

export interface OverOptions extends CallOptions {
  /** For messages: "pull", "list the tags of". */
  readonly action: string;
  /** The endpoint to begin with: those before it in the list are passed over, they have failed already. */
  readonly from?: Endpoint | undefined;
}

/** What a repository at one endpoint is made of. With a function for `authorization` the rest is plain data. */
export interface RepositoryOptions {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly transport?: TransportOptions | undefined;
  /** Finds the credentials; anonymous without. */
  readonly keychain?: Keychain | undefined;
  /** A ready `Authorization` value, or what gives the one to use now, in place of a keychain. A 401 is then final. */
  readonly authorization?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Retries of a request; 5 by default. */
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A repository with connections of its own. */
export interface OpenRepository extends Repository {
  /** Closes idle connections, so that the process can end. */
  close(): void;
}

export interface RegistryClientOptions {
  readonly hosts?: HostsSettings | undefined;
  /** Finds the credentials; anonymous without. */
  readonly keychain?: Keychain | undefined;
  readonly transport?: TransportOptions | undefined;
  /** Retries of a request; 5 by default. A mirror gets at most one: the next endpoint is the better retry. */
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** All registries, through their endpoints. */
export interface RegistryClient {
  /**
   * Calls `attempt` with the repository of `reference` at one endpoint after the other (mirrors first), until one attempt succeeds or fails in a
   * way that the next endpoint cannot mend. The last error names every endpoint in order.
   */
  over<T>(reference: Reference, attempt: (repository: Repository) => Promise<T>, options: OverOptions): Promise<T>;
  /** Closes idle connections, so that the process can end. */
  close(): void;
}
