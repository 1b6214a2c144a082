import { isDocumentType, isJsonObject, type JsonValue, parseJsonStrict } from '#oci';
import { digestOf } from '../images/descriptor-of.ts';
import { nameUnknown } from './listings.ts';
import { errorReply, type Reply, reply } from './reply.ts';
import type { RegistryRequest } from './request.ts';
import type { RouteOptions } from './routes.ts';
import type { OpenUpload, Uploads } from './uploads.ts';

const MOST_MANIFEST = 4 * 1024 * 1024;

/** What an honest registry answers to a request that changes something, or asks for an upload. */
export async function write(request: RegistryRequest, options: RouteOptions): Promise<Reply> {
  const { uploads } = options;
  if (uploads === undefined) return unsupported();
  const { method, kind } = request;
  if (method === 'DELETE' && kind !== 'upload') return deletion(request, options);
  if (kind === 'manifest' && method === 'PUT') return putManifest(request, options);
  if (kind !== 'upload') return unsupported();
  if (method === 'POST') return begin(request, options, uploads);
  const upload = uploads.find(request.repository, request.reference, request.query.get('_state'));
  if (upload === undefined) return errorReply(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  if (method === 'GET')
    return uploads.rules.status === false ? unsupported() : progress(204, upload, { request, uploads });
  if (method === 'PATCH') return uploads.rules.patch === false ? unsupported() : patch(upload, { request, uploads });
  if (method === 'PUT') return finish(upload, { request, uploads, options });
  if (method !== 'DELETE') return unsupported();
  uploads.end(upload);
  return reply(204, {});
}

function begin(request: RegistryRequest, { content }: RouteOptions, uploads: Uploads): Reply {
  const { query, repository } = request;
  const { rules } = uploads;
  const mount = query.get('mount') ?? '';
  const from = query.get('from') ?? (rules.anonymousMount === false ? undefined : content.holderOf(mount));
  const bytes = mount === '' || from === undefined ? undefined : content.blob(from, mount);
  if (bytes !== undefined && rules.mount !== false) {
    content.keepBlob(repository, mount, bytes);
    return created(request, mount);
  }
  return progress(202, uploads.begin(repository), { request, uploads });
}

interface Step {
  readonly request: RegistryRequest;
  readonly uploads: Uploads;
}

/** Says how far an upload is and where it goes on. */
function progress(status: number, upload: OpenUpload, { request, uploads: { rules } }: Step): Reply {
  const folder = request.path.replace(/[^/]*$/, '');
  const path = `${folder}${upload.id}?_state=${upload.size}&note=${encodeURIComponent('kept as it is: +%')}`;
  const { location = 'absolute' } = rules;
  const here = typeof location === 'function' ? location(path) : path;
  return reply(status, {
    location: location === 'absolute' ? `http://${request.headers.host}${path}` : here,
    range: `0-${Math.max(0, upload.size - 1)}`,
    'docker-upload-uuid': upload.id,
    ...(rules.leastPiece !== undefined && { 'oci-chunk-min-length': String(rules.leastPiece) }),
  });
}

async function patch(upload: OpenUpload, step: Step): Promise<Reply> {
  const { request, uploads } = step;
  const range = /^(?<first>\d+)-(?<last>\d+)$/.exec(request.headers['content-range'] ?? '')?.groups;
  if (range !== undefined && Number(range['first']) !== upload.size) {
    const { headers } = progress(416, upload, step);
    return errorReply(416, 'RANGE_INVALID', 'invalid content range', headers);
  }
  return (await take(upload, request, uploads)) ?? progress(202, upload, step);
}

/** Adds what comes to the upload; an answer where it is too much. */
async function take(upload: OpenUpload, request: RegistryRequest, { rules }: Uploads): Promise<Reply | undefined> {
  const { mostBody = Number.POSITIVE_INFINITY } = rules;
  if (Number(request.headers['content-length'] ?? 0) > mostBody) return reply(413, {}, 'Request Entity Too Large');
  for await (const chunk of request.content.read()) {
    upload.parts.push(chunk);
    upload.size += chunk.length;
  }
  return undefined;
}

async function finish(
  upload: OpenUpload,
  { request, uploads, options }: Step & { options: RouteOptions },
): Promise<Reply> {
  const refused = await take(upload, request, uploads);
  if (refused !== undefined) return refused;
  const bytes = Buffer.concat(upload.parts);
  const digest = request.query.get('digest') ?? '';
  uploads.end(upload);
  if (!hasDigest(bytes, digest)) {
    return errorReply(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  }
  options.content.keepBlob(request.repository, digest, bytes);
  return created(request, digest);
}

function created({ path }: RegistryRequest, digest: string): Reply {
  return reply(201, { location: path.replace(/uploads\/.*$/, digest), 'docker-content-digest': digest });
}

async function putManifest(request: RegistryRequest, { content, referrers }: RouteOptions): Promise<Reply> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.content.read()) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const { repository, reference, headers } = request;
  const mediaType = headers['content-type'] ?? '';
  if (bytes.length > MOST_MANIFEST || !isDocumentType(mediaType)) return invalid('this is no manifest');
  const digest = reference.startsWith('sha512:') ? digestOf(bytes, 'sha512') : digestOf(bytes);
  if (reference.includes(':') && reference !== digest) {
    return errorReply(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  }
  const document = parseJsonStrict(bytes, 'the manifest');
  const missing = namedIn(document).find((named) => content.blob(repository, named) === undefined);
  if (missing !== undefined) return errorReply(404, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry');
  content.keepManifest(repository, reference, { digest, mediaType, bytes });
  const { subject } = document;
  const linked = referrers && subject !== undefined ? { 'oci-subject': digestIn(subject) } : {};
  return reply(201, { location: request.path, 'docker-content-digest': digest, ...linked });
}

/** Digests of what a manifest or index needs to be there. */
function namedIn({ config, layers, manifests }: Readonly<Record<string, JsonValue>>): readonly string[] {
  const entries = [config, ...(Array.isArray(layers) ? layers : []), ...(Array.isArray(manifests) ? manifests : [])];
  return entries.filter((entry) => isJsonObject(entry) && entry['urls'] === undefined).map(digestIn);
}

function digestIn(descriptor: JsonValue | undefined): string {
  const digest = isJsonObject(descriptor) ? descriptor['digest'] : undefined;
  return typeof digest === 'string' ? digest : '';
}

function deletion(request: RegistryRequest, { content, deletes }: RouteOptions): Reply {
  const { kind, repository, reference } = request;
  if (deletes === 'none' || (kind !== 'manifest' && kind !== 'blob')) return unsupported();
  if (!content.has(repository)) return nameUnknown();
  if (kind === 'blob') {
    return content.deleteBlob(repository, reference)
      ? reply(202, {})
      : errorReply(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  }
  const isTag = !reference.includes(':');
  if (isTag && deletes === 'digests')
    return errorReply(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const gone = isTag ? content.deleteTag(repository, reference) : content.deleteManifest(repository, reference);
  return gone ? reply(202, {}) : errorReply(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
}

function hasDigest(bytes: Uint8Array, digest: string): boolean {
  return digest === (digest.startsWith('sha512:') ? digestOf(bytes, 'sha512') : digestOf(bytes));
}

function invalid(message: string): Reply {
  return errorReply(400, 'MANIFEST_INVALID', message);
}

function unsupported(): Reply {
  return errorReply(405, 'UNSUPPORTED', 'The operation is unsupported.', { allow: 'GET, HEAD' });
}
