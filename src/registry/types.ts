import type { CallOptions, Resolver, Source } from '#content';
import type { Descriptor, Reference } from '#oci';
import type { TlsSettings } from '#transport';

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
}

/** What one registry gets to see. An identity token is exchanged for bearer tokens; a registry token is one. */
export interface Credential {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identityToken?: string | undefined;
  readonly registryToken?: string | undefined;
}

/** Finds the credential for `host[:port]` of a registry (`docker.io` for Docker Hub), or undefined. Never called for any other host than the one that asks. */
export type Keychain = (host: string, options?: CallOptions) => Promise<Credential | undefined>;

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
