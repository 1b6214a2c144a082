import type { Digest } from '#oci';

/** Something that was done with content, after it was: what webhooks tell. A HEAD request is a pull too: many clients learn by one what a tag is. */
export interface RegistryEvent {
  readonly action: 'push' | 'pull' | 'mount' | 'delete';
  readonly kind: 'manifest' | 'blob' | 'tag' | 'repository';
  readonly repository: string;
  readonly mediaType: string;
  /** Undefined for a tag or a repository that was deleted. */
  readonly digest?: Digest | undefined;
  readonly size?: number | undefined;
  readonly tag?: string | undefined;
  /** Mounts: where the blob came from. */
  readonly fromRepository?: string | undefined;
  /** Pushes of manifests: what they point to. */
  readonly references?: readonly { readonly mediaType: string; readonly digest: Digest; readonly size: number }[];
  readonly actor: string | undefined;
  /** `https://registry.example:5000`: this server as the client knows it. */
  readonly origin?: string | undefined;
  readonly request: RequestFacts;
}

export interface RequestFacts {
  readonly id: string;
  /** `address:port` of the client. */
  readonly address: string;
  /** As the client wrote it. */
  readonly host: string;
  readonly method: string;
  readonly userAgent: string;
}

/** A request that was answered, for the access log and the figures. */
export interface AnswerRecord {
  readonly facts: RequestFacts;
  /** Path and query. */
  readonly url: string;
  /** What kind of route it was, e.g. `manifest`; `other` for what is none. */
  readonly route: string;
  readonly repository: string | undefined;
  readonly actor: string | undefined;
  readonly status: number;
  /** Bytes of the body that were sent, and received. */
  readonly sent: number;
  readonly received: number;
  /** Milliseconds from the head of the request to the end of the answer. */
  readonly duration: number;
  /** True: the client went away before the end. */
  readonly aborted: boolean;
}

/** Hears what the server does. Neither method throws nor waits: they stand in the way of answers. */
export interface RegistryObserver {
  happened?(event: RegistryEvent): void;
  answered?(record: AnswerRecord): void;
}
