import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ApiError } from '../http/api-error.ts';

/** `create`: new blobs, manifests and tags; `overwrite`: point a tag that is there at something else. `push` in tokens and rules means both. */
export type Action = 'pull' | 'create' | 'overwrite' | 'delete';

/** What a request needs: rights to a repository, or to the list of all of them (which is then filtered by `mayPull`). */
export type Need =
  | { readonly kind: 'repository'; readonly repository: string; readonly actions: readonly Action[] }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'base' };

export interface AccessRequest {
  readonly headers: IncomingHttpHeaders;
  readonly needs: readonly Need[];
  /** `https://registry.example`: how the client sees this server, for the realm of a token service of its own. */
  readonly origin: string;
  /** The address of the client. */
  readonly address: string;
  /** Undefined for a connection without TLS. */
  readonly tls?: TLSSocket | undefined;
}

/** Who asks, once it is known, and what it may do. */
export interface Actor {
  /** Undefined: nobody in particular. */
  readonly name: string | undefined;
  may(repository: string, action: Action): boolean;
}

export type Admission =
  | { readonly actor: Actor; readonly refusal?: undefined }
  | { readonly refusal: ApiError; readonly actor?: undefined };

/**
 * Decides who may do what. Every route asks it before it looks at content, `base` included. A refusal is 401 UNAUTHORIZED with a challenge
 * where other credentials would help, 403 DENIED where they would not. Answers at once where nothing is to be waited for: it stands
 * in the way of every request.
 */
export interface AccessControl {
  admit(request: AccessRequest): Admission | Promise<Admission>;
}

const ANYBODY: { readonly actor: Actor } = { actor: { name: undefined, may: () => true } };

/** Everybody may do everything: for loopback. */
export const openAccess: AccessControl = { admit: () => ANYBODY };
