import type { Bytes } from '#bytes';
import { hasCode } from '#errors';
import { type Digest, digestOf, isDigest, isRepositoryPath } from '#oci';
import { announcedLength } from '../http/announced-length.ts';
import { ApiError, apiError } from '../http/api-error.ts';
import type { Exchange, RawHeaders } from '../http/exchange.ts';
import { requestBody } from '../http/request-body.ts';
import { readContentRange } from './content-range.ts';
import type { RouteContext } from './route-context.ts';

const TYPE = 'application/octet-stream';
const ALGORITHMS: ReadonlySet<string> = new Set(['sha256', 'sha512']);
const ID = /^[A-Za-z0-9-]{1,64}$/;

/** POST: begins an upload, mounts a blob, or takes a whole one: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs */
export async function beginUpload(exchange: Exchange, context: RouteContext): Promise<void> {
  const { parameters } = exchange;
  const { policy, repository, storage } = context;
  await policy.allowWrite(repository);
  const mount = parameters.get('mount');
  if (mount !== null && (await isMounted(exchange, context, readDigest(mount)))) return;
  const wanted = parameters.get('digest');
  if (wanted !== null && mount === null && hasContent(exchange, readDigest(wanted))) {
    return putWhole(exchange, context, readDigest(wanted));
  }
  const algorithm = parameters.get('digest-algorithm') ?? 'sha256';
  if (!ALGORITHMS.has(algorithm)) throw apiError(400, 'DIGEST_INVALID', 'unsupported digest algorithm', { algorithm });
  const id = await storage.uploads.begin(repository);
  exchange.reply(202, progress(exchange, id, 0));
}

/** PATCH: adds a chunk. */
export async function continueUpload(exchange: Exchange, context: RouteContext): Promise<void> {
  const id = idOf(exchange);
  await context.policy.allowWrite(context.repository);
  const size = await append(exchange, context, id);
  exchange.reply(202, progress(exchange, id, size));
}

/** PUT: the last chunk, if it has content, and the end. */
export async function finishUpload(exchange: Exchange, context: RouteContext): Promise<void> {
  const id = idOf(exchange);
  const { policy, repository, storage } = context;
  await policy.allowWrite(repository);
  const digest = readDigest(exchange.parameters.get('digest') ?? '');
  const size = hasBody(exchange) ? await append(exchange, context, id) : await storage.uploads.size(repository, id);
  if (size === undefined) throw uploadUnknown();
  await policy.allowBytes(repository, size);
  try {
    await storage.uploads.commit(repository, id, digest);
  } catch (error) {
    throw asUploadError(error);
  }
  created(exchange, context, { digest, size });
}

/** GET: how far it is. */
export async function uploadStatus(exchange: Exchange, { storage, repository }: RouteContext): Promise<void> {
  const id = idOf(exchange);
  const size = await storage.uploads.size(repository, id);
  if (size === undefined) throw uploadUnknown();
  exchange.reply(204, progress(exchange, id, size));
}

/** DELETE: gives it up. */
export async function cancelUpload(exchange: Exchange, { storage, repository, policy }: RouteContext): Promise<void> {
  await policy.allowWrite(repository);
  if (!(await storage.uploads.cancel(repository, idOf(exchange)))) throw uploadUnknown();
  exchange.reply(204, []);
}

/** Only what the client may read is given to it, wherever it is; otherwise it uploads, which shows that it has it. */
async function isMounted(exchange: Exchange, context: RouteContext, digest: Digest): Promise<boolean> {
  const { storage, repository, repositoryNamed } = context;
  const asked = exchange.parameters.get('from');
  // A name that is none could get around the rules for the one that it comes to.
  if (asked !== null && !isRepositoryPath(asked)) return false;
  const mayPull = (name: string): boolean => exchange.actor?.may(name, 'pull') ?? false;
  const from = asked === null ? await readableHolder(context, digest, mayPull) : repositoryNamed(asked);
  if (from === undefined || !mayPull(from)) return false;
  const size = (await storage.blob(from, digest, { sizeOnly: true }))?.size;
  if (size === undefined) return false;
  const isNew = (await storage.blob(repository, digest, { sizeOnly: true })) === undefined;
  if (isNew) await context.policy.allowBytes(repository, size);
  if (!(await storage.mountBlob(repository, digest, from))) return false;
  context.tell({ action: 'mount', kind: 'blob', mediaType: TYPE, digest, size, fromRepository: from });
  exchange.reply(201, ['Location', blobLocation(exchange, digest), 'Docker-Content-Digest', digest]);
  return true;
}

async function readableHolder(
  { storage }: RouteContext,
  digest: Digest,
  mayPull: (name: string) => boolean,
): Promise<string | undefined> {
  for await (const holder of storage.holders(digest)) if (mayPull(holder)) return holder;
  return undefined;
}

async function putWhole(exchange: Exchange, context: RouteContext, digest: Digest): Promise<void> {
  const { repository, storage } = context;
  const content = await bodyWithin(exchange, context);
  try {
    const size =
      announcedLength(exchange.message) === undefined
        ? await putCounted(content, context, digest)
        : await storage.uploads.put(repository, digest, content);
    created(exchange, context, { digest, size });
  } catch (error) {
    throw asUploadError(error);
  }
}

/** Of content whose length nobody has said the policies are asked when it is known, before it is a blob. */
async function putCounted(content: Bytes, context: RouteContext, digest: Digest): Promise<number> {
  const { policy, repository, storage } = context;
  const id = await storage.uploads.begin(repository);
  try {
    const size = await storage.uploads.append(repository, id, { content });
    await policy.allowBytes(repository, size);
    return await storage.uploads.commit(repository, id, digest);
  } catch (error) {
    await storage.uploads.cancel(repository, id).catch(() => {});
    throw error;
  }
}

async function append(exchange: Exchange, context: RouteContext, id: string): Promise<number> {
  const { storage, repository } = context;
  const header = exchange.message.headers['content-range'];
  const range = header === undefined ? undefined : readContentRange(header);
  const before = await storage.uploads.size(repository, id);
  if (before === undefined) throw uploadUnknown();
  const length = announcedLength(exchange.message);
  const claimed = range === undefined ? undefined : range.last - range.first + 1;
  if (header !== undefined && (range?.first !== before || (length !== undefined && length !== claimed))) {
    throw outOfOrder(exchange, id, before);
  }
  const content = await bodyWithin(exchange, context);
  try {
    const size = await storage.uploads.append(repository, id, { offset: range?.first, content });
    if (claimed === undefined || size === before + claimed) return size;
  } catch (error) {
    throw asUploadError(error, exchange, id);
  }
  throw apiError(400, 'SIZE_INVALID', 'the chunk has another length than its Content-Range says');
}

/** The body, if the policies let so many bytes in. */
async function bodyWithin(exchange: Exchange, { policy, repository, rules }: RouteContext): Promise<Bytes> {
  await policy.allowBytes(repository, announcedLength(exchange.message) ?? 0);
  return requestBody(exchange, rules.stallTimeout);
}

function created(
  exchange: Exchange,
  context: RouteContext,
  { digest, size }: { readonly digest: Digest; readonly size: number },
): void {
  context.tell({ action: 'push', kind: 'blob', mediaType: TYPE, digest, size });
  exchange.reply(201, ['Location', blobLocation(exchange, digest), 'Docker-Content-Digest', digest]);
}

/** Where the client goes on, and what has arrived. Nothing yet is told as `0-0`, as everybody does; scripts look for `Uuid` spelled so. */
function progress(exchange: Exchange, id: string, size: number): RawHeaders {
  return ['Location', uploadLocation(exchange, id), 'Range', `0-${Math.max(0, size - 1)}`, 'Docker-Upload-Uuid', id];
}

function uploadLocation({ target }: Exchange, id: string): string {
  return `${target.prefix}/v2/${target.repository ?? ''}/blobs/uploads/${id}`;
}

function blobLocation({ target }: Exchange, digest: Digest): string {
  return `${target.prefix}/v2/${target.repository ?? ''}/blobs/${digest}`;
}

function idOf({ target }: Exchange): string {
  const id = target.kind === 'upload' ? target.reference : '';
  if (ID.test(id)) return id;
  throw uploadUnknown();
}

function readDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw apiError(400, 'DIGEST_INVALID', 'the digest of the content is missing or malformed', { digest: text });
}

function hasBody({ message }: Exchange): boolean {
  return announcedLength(message) !== 0;
}

/** A POST with a digest and no body begins an upload, unless it is of nothing that the digest is. */
function hasContent(exchange: Exchange, digest: Digest): boolean {
  return hasBody(exchange) || digest === digestOf('') || digest === digestOf('', 'sha512');
}

function uploadUnknown(): ApiError {
  return apiError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
}

/** Tells the client where to go on. */
function outOfOrder(exchange: Exchange, id: string, size: number): ApiError {
  return new ApiError(
    416,
    { code: 'BLOB_UPLOAD_INVALID', message: 'the chunk does not begin where the last one ended' },
    {
      location: uploadLocation(exchange, id),
      range: `0-${Math.max(0, size - 1)}`,
      'docker-upload-uuid': id,
    },
  );
}

function asUploadError(error: unknown, exchange?: Exchange, id?: string): unknown {
  if (hasCode(error, 'DIGEST_MISMATCH')) {
    return apiError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  }
  if (hasCode(error, 'NOT_FOUND')) return uploadUnknown();
  if (hasCode(error, 'BUSY')) {
    return apiError(409, 'BLOB_UPLOAD_INVALID', 'another request is writing to this upload');
  }
  if (hasCode(error, 'CONFLICT') && exchange !== undefined && id !== undefined) {
    return outOfOrder(exchange, id, Number(error.detail['size'] ?? 0));
  }
  return error;
}
