import type { Platform } from './platform.ts';

/** `sha256:<64 lower-case hex>` or `sha512:<128 lower-case hex>`. Any other string is made one by `parseDigest` alone. */
export type Digest = `${'sha256' | 'sha512'}:${string}`;

/** What some bytes are: their media type, digest and size. See the image spec's descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes: an integer from 0 to 2^53-1. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** Where foreign layers can also be found. */
  readonly urls?: readonly string[];
}
