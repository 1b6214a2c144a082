import type { Digest } from './descriptor.ts';

/** A normalised image name: `docker.io/library/alpine:3.20@sha256:…` in its parts. The domain is never left out. */
export interface Reference {
  /** `host[:port]`; `docker.io` where the name gives none. */
  readonly domain: string;
  /** Repository path within the domain, e.g. `library/alpine`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}
