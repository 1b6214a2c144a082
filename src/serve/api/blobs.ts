import { type Digest, isDigest } from '#oci';
import { ApiError, apiError } from '../http/api-error.ts';
import { readRange } from '../http/byte-range.ts';
import type { Exchange, RawHeaders } from '../http/exchange.ts';
import { sendBytes } from '../http/send-bytes.ts';
import type { StoredBlob } from '../storage/port.ts';
import { emptyLayer } from './empty-layer.ts';
import { matchesEtag } from './etag.ts';
import { repositoryUnknown } from './names.ts';
import type { RouteContext } from './route-context.ts';

const TYPE = 'application/octet-stream';

/** GET and HEAD of a blob: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs */
export async function getBlob(exchange: Exchange, context: RouteContext): Promise<void> {
  const digest = digestOfTarget(exchange);
  const { storage, repository } = context;
  const blob =
    (await storage.blob(repository, digest, { sizeOnly: exchange.isHead })) ?? (await emptyLayer(digest, context));
  if (blob === undefined) throw await missing(exchange, context, digest);
  const { headers } = exchange.message;
  const facts = factsOf(blob);
  if (matchesEtag(headers['if-none-match'], digest)) return exchange.reply(304, facts);
  const span = headers.range === undefined || exchange.isHead ? undefined : askedSpan(exchange, blob);
  if (span === 'unsatisfiable') {
    throw new ApiError(
      416,
      { code: 'RANGE_INVALID', message: `the blob has ${blob.size} bytes` },
      { 'content-range': `bytes */${blob.size}` },
    );
  }
  context.tell({ action: 'pull', kind: 'blob', mediaType: TYPE, digest, size: blob.size });
  if (span === undefined) return send(exchange, blob, { status: 200, facts, start: 0, end: blob.size });
  const range = ['Content-Range', `bytes ${span.start}-${span.end - 1}/${blob.size}`];
  return send(exchange, blob, { status: 206, facts: [...facts, ...range], ...span });
}

/** DELETE of a blob: from this repository alone. */
export async function deleteBlob(exchange: Exchange, context: RouteContext): Promise<void> {
  const digest = digestOfTarget(exchange);
  const { storage, repository, policy } = context;
  await policy.allowWrite(repository);
  if (!(await storage.removeBlob(repository, digest))) throw await missing(exchange, context, digest);
  context.tell({ action: 'delete', kind: 'blob', mediaType: TYPE, digest });
  exchange.reply(202, []);
}

function digestOfTarget({ target }: Exchange): Digest {
  const reference = target.kind === 'blob' ? target.reference : '';
  if (isDigest(reference)) return reference;
  throw apiError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest: reference });
}

async function missing({ target }: Exchange, { storage, repository }: RouteContext, digest: Digest): Promise<ApiError> {
  if ((await storage.tags(repository, { limit: 0 })) === undefined) return repositoryUnknown(target.repository ?? '');
  return apiError(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { digest });
}

function factsOf({ digest }: StoredBlob): RawHeaders {
  return [
    'Content-Type',
    TYPE,
    'Docker-Content-Digest',
    digest,
    'Etag',
    `"${digest}"`,
    'Accept-Ranges',
    'bytes',
    'Cache-Control',
    'max-age=31536000',
  ];
}

/** A range holds only for the content that the client has in mind. */
function askedSpan({ message: { headers } }: Exchange, blob: StoredBlob): ReturnType<typeof readRange> {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== `"${blob.digest}"`) return undefined;
  return readRange(headers.range ?? '', blob.size);
}

interface Part {
  readonly status: number;
  readonly facts: RawHeaders;
  readonly start: number;
  readonly end: number;
}

async function send(exchange: Exchange, blob: StoredBlob, { status, facts, start, end }: Part): Promise<void> {
  if (blob.bytes !== undefined) return exchange.reply(status, facts, blob.bytes.subarray(start, end));
  const headers = exchange.withLength(facts, end - start);
  if (exchange.isHead || start === end) return exchange.send(status, headers);
  return sendBytes(exchange, status, headers, blob.read({ start, end }, { signal: exchange.left }));
}
