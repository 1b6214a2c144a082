import type { Content } from './content.ts';
import { catalogReply, nameUnknown, referrersReply, searchReply, tagsReply } from './listings.ts';
import { errorReply, jsonReply, type Reply, reply, withHeaders } from './reply.ts';
import type { RegistryRequest } from './request.ts';
import type { Uploads } from './uploads.ts';
import { write } from './write-routes.ts';

/** Answers one request. Faults are wrapped around it. */
export type Answer = (request: RegistryRequest) => Promise<Reply>;

export interface RouteOptions {
  readonly content: Content;
  /** Undefined: nothing can be written. */
  readonly uploads: Uploads | undefined;
  readonly deletes: Deletes;
  /** False: there is no list of referrers, as in registries of before 2023. */
  readonly referrers: boolean;
  readonly prefix: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly ranges: boolean;
  readonly pageSize: number;
  readonly negotiate: boolean;
}

const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };

/** What may be deleted: everything, manifests and blobs but no tags, nothing. */
export type Deletes = 'all' | 'digests' | 'none';

/** What an honest registry answers. */
export async function route(request: RegistryRequest, options: RouteOptions): Promise<Reply> {
  const isRead = (request.method === 'GET' || request.method === 'HEAD') && request.kind !== 'upload';
  return withHeaders(isRead ? read(request, options) : await write(request, options), API_VERSION);
}

function read(request: RegistryRequest, options: RouteOptions): Reply {
  const file = options.files[request.path];
  if (file !== undefined) return bytesReply(request, file, options.ranges);
  switch (request.kind) {
    case 'ping':
      return jsonReply(200, {});
    case 'manifest':
      return manifestReply(request, options);
    case 'blob':
      return blobReply(request, options);
    case 'tags':
      return tagsReply(request, options);
    case 'catalog':
      return catalogReply(request, options);
    case 'referrers':
      return referrersReply(request, options);
    case 'search':
      return searchReply(request, options);
    default:
      return errorReply(404, 'NOT_FOUND', `no such page: ${request.path}`);
  }
}

function manifestReply(request: RegistryRequest, options: RouteOptions): Reply {
  const { content, negotiate } = options;
  if (!content.has(request.repository)) return nameUnknown();
  const manifest = content.manifest(request.repository, request.reference);
  if (manifest === undefined) return errorReply(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  const oci = manifest.mediaType.startsWith('application/vnd.oci.');
  // Debian's docker-registry: an OCI manifest is not there for a client that does not say that it reads them
  if (negotiate && oci && !accepted(request).includes(manifest.mediaType)) {
    return errorReply(404, 'MANIFEST_UNKNOWN', 'OCI manifest found, but accept header does not support OCI manifests');
  }
  return reply(
    200,
    { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest, etag: `"${manifest.digest}"` },
    manifest.bytes,
  );
}

function accepted(request: RegistryRequest): readonly string[] {
  return (request.headers.accept ?? '').split(',').map((type) => (type.split(';')[0] ?? '').trim());
}

function blobReply(request: RegistryRequest, options: RouteOptions): Reply {
  const { content, ranges } = options;
  if (!content.has(request.repository)) return nameUnknown();
  const bytes = content.blob(request.repository, request.reference);
  if (bytes === undefined) return errorReply(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  return withHeaders(bytesReply(request, bytes, ranges), {
    'docker-content-digest': request.reference,
    etag: `"${request.reference}"`,
  });
}

/** The bytes, or the one range of them that was asked for. */
function bytesReply(request: RegistryRequest, bytes: Uint8Array, ranges: boolean): Reply {
  const type = { 'content-type': 'application/octet-stream' };
  if (!ranges) return reply(200, type, bytes);
  const headers = { ...type, 'accept-ranges': 'bytes' };
  const asked = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec(request.headers.range ?? '')?.groups;
  if (asked === undefined || request.method === 'HEAD') return reply(200, headers, bytes);
  const [start, end] = rangeOf(asked['first'] ?? '', asked['last'] ?? '', bytes.length);
  if (start >= end) return reply(416, { 'content-range': `bytes */${bytes.length}` });
  return reply(
    206,
    { ...headers, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` },
    bytes.subarray(start, end),
  );
}

function rangeOf(first: string, last: string, size: number): readonly [number, number] {
  if (first === '') return [Math.max(0, size - Number(last)), size];
  return [Number(first), last === '' ? size : Math.min(size, Number(last) + 1)];
}
