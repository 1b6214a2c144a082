import type { Bytes } from '#bytes';
import type { CallOptions, Resolver, Store, Tagger, UploadOptions } from '#content';
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

/**
 * Uploads that registries keep open, by key, so that a later run can go on with them: the address of each. Losing one costs sending a blob again.
 */
export interface UploadSessions {
  /** What `write` was last given for this key. */
  read(key: string): string | undefined | Promise<string | undefined>;
  /** `location` may hold a secret: nobody else may read it. */
  write(key: string, location: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

export interface FetchedManifest {
  /** Verified against the bytes: media type, digest, size. */
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** One repository at one endpoint. What is written goes to that endpoint alone, and never to a mirror (UNSUPPORTED). */
export interface Repository extends Store, Resolver, Tagger {
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
  /**
   * Keeps a document (whole in memory) or a blob (on its way; what fails then is not mended, which `upload` does). Rejects with SIZE_MISMATCH or
   * DIGEST_MISMATCH where the bytes are not `target`, as found by the registry for blobs.
   */
  put(target: Descriptor, content: Bytes, options?: UploadOptions): Promise<void>;
  /**
   * Sends a blob and goes on where the registry says that it stopped after a failure, in this run or a later one, as long as the registry keeps
   * the session. Whether the blob is there already is not asked: `has` does that. Resolves when the registry says that it has it. Rejects with
   * DIGEST_MISMATCH, SIZE_MISMATCH, TOO_LARGE, DENIED, UNAUTHORIZED, BAD_RESPONSE …
   */
  upload(target: Descriptor, read: (offset: number) => Promise<Bytes>, options?: UploadOptions): Promise<void>;
  /** As `Store.mount`. False too where the registry does not allow reading `from`. */
  mount(target: Descriptor, from: string | undefined, options?: CallOptions): Promise<boolean>;
  /**
   * Keeps a manifest or index, with this tag or by its digest; what it names has to be there. One with a `subject` becomes a referrer of that:
   * where the registry does not do it, by the tag that stands for the list. Rejects with DIGEST_MISMATCH when the registry
   * calls it by another digest, with BLOB_UNKNOWN, MANIFEST_INVALID, DENIED, UNAUTHORIZED …
   */
  putManifest(tagOrDigest: string, manifest: FetchedManifest, options?: CallOptions): Promise<void>;
  /** As `Tagger.tag`: puts the bytes of `root` again, which come from the registry where this repository has not put them. */
  tag(name: string, root: Descriptor, options?: CallOptions): Promise<void>;
  /** Deletes the manifest, for a tag the one that it stands for: all its tags go. Rejects with MANIFEST_UNKNOWN, UNSUPPORTED, DENIED … */
  deleteManifest(tagOrDigest: string, options?: CallOptions): Promise<void>;
  /** Takes the tag away and leaves the manifest. Rejects with MANIFEST_UNKNOWN, UNSUPPORTED (many registries) … */
  deleteTag(tag: string, options?: CallOptions): Promise<void>;
  /** Rejects with BLOB_UNKNOWN, UNSUPPORTED … */
  deleteBlob(digest: Digest, options?: CallOptions): Promise<void>;
  /** Manifests that have this one as their subject; none where there are none, also of a manifest that is not there. */
  referrers(digest: Digest, options?: ReferrersOptions): Promise<readonly Descriptor[]>;
  /** What the registry says of its limits with the headers of a manifest; undefined where it says nothing. Costs no pull at Docker Hub. */
  rateLimit(tagOrDigest: string, options?: CallOptions): Promise<RateLimit | undefined>;
}

export interface ReferrersOptions extends CallOptions {
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
}

/** How many pulls a registry allows within a time. */
export interface RateLimit {
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  /** Seconds that the limit is for. */
  readonly window: number | undefined;
  /** What the registry counts by: an IP address or the id of an account. */
  readonly source: string | undefined;
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
  /** Where uploads are remembered, for a later run; for the life of this by default. */
  readonly uploads?: UploadSessions | undefined;
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
  /** Where uploads are remembered, for a later run; for the life of the client by default. */
  readonly uploads?: UploadSessions | undefined;
}

/** All registries, through their endpoints. */
export interface RegistryClient {
  /**
   * Calls `attempt` with the repository of `reference` at one endpoint after the other (mirrors first), until one attempt succeeds or fails in a
   * way that the next endpoint cannot mend. The last error names every endpoint in order.
   */
  over<T>(reference: Reference, attempt: (repository: Repository) => Promise<T>, options: OverOptions): Promise<T>;
  /** As `over`, but at the registry itself alone: for writing, and for what only it knows. */
  writing<T>(
    reference: Reference,
    attempt: (repository: Repository) => Promise<T>,
    options: Omit<OverOptions, 'from'>,
  ): Promise<T>;
  /** All repositories of a registry, page by page, in its order. Rejects with UNSUPPORTED where it does not tell. */
  catalog(domain: string, options?: CallOptions): AsyncIterable<string>;
  /** Finds repositories: in Docker Hub's index, a registry's `/v1/search`, or else its catalog. */
  search(domain: string, term: string, options?: SearchOptions): Promise<readonly SearchResult[]>;
  /**
   * A bearer token of the registry for these scopes, by default to pull from the repository of `reference`; undefined where the registry wants
   * none.
   */
  token(reference: Reference, options?: TokenOptions): Promise<string | undefined>;
  /** Closes idle connections, so that the process can end. */
  close(): void;
}

export interface SearchOptions extends CallOptions {
  /** Most results; 25 by default, as docker. */
  readonly limit?: number | undefined;
}

export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
  readonly automated: boolean;
}

export interface TokenOptions extends CallOptions {
  /** As registries write them, e.g. `repository:library/alpine:pull,push`. */
  readonly scopes?: readonly string[] | undefined;
}
