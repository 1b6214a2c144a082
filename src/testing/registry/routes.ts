import type { Content } from './content.ts';
import { errorReply, jsonReply, type Reply, reply, withHeaders } from './reply.ts';
import type { RegistryRequest } from './request.ts';

/** Answers one request. Faults are wrapped around it. */
export type Answer = (request: RegistryRequest) => Promise<Reply>;

export interface RouteOptions {
  readonly content: Content;
  readonly prefix: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly ranges: boolean;
  readonly pageSize: number;
  readonly negotiate: boolean;
}

const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };

/** What an honest registry answers. */
export function route(request: RegistryRequest, options: RouteOptions): Reply {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return errorReply(405, 'UNSUPPORTED', 'The operation is unsupported.', { allow: 'GET, HEAD' });
  }
  return withHeaders(read(request, options), API_VERSION);
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

function tagsReply(request: RegistryRequest, options: RouteOptions): Reply {
  const { content, pageSize, prefix } = options;
  const { repository, query } = request;
  if (!content.has(repository)) return nameUnknown();
  const size = Math.min(pageSize, Number(query.get('n') ?? pageSize));
  const last = query.get('last') ?? '';
  const rest = content.tags(repository).filter((tag) => tag > last);
  const tags = rest.slice(0, size);
  const next = `${prefix}/v2/${repository}/tags/list?n=${size}&last=${encodeURIComponent(tags.at(-1) ?? '')}`;
  const link = rest.length > tags.length ? { link: `<${next}>; rel="next"` } : {};
  return jsonReply(200, { name: repository, tags }, link);
}

function nameUnknown(): Reply {
  return errorReply(404, 'NAME_UNKNOWN', 'repository name not known to registry');
}
