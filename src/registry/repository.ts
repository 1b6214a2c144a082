import { bytesOf } from '#bytes';
import type { Fetched } from '#content';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, familiarName, isDigest, isDocumentType, isTag } from '#oci';
import type { Middleware } from '#transport';
import { ACCESS_DENIED } from './answer-error.ts';
import { blobSize, fetchBlob, hasBlob } from './blobs.ts';
import { type Connection, connect } from './connection.ts';
import type { RepositoryContext } from './context.ts';
import { fetchManifest, fetchManifestBytes, hasManifest, resolveManifest } from './manifests.ts';
import { deleteBlob, deleteManifest, deleteTag } from './push/delete-content.ts';
import { readRateLimit } from './rate-limit.ts';
import { listReferrers } from './referrers.ts';
import { listTags } from './tags.ts';
import type { Endpoint, OpenRepository, Repository, RepositoryOptions } from './types.ts';
import { writingTo } from './writing.ts';

/** A repository with connections of its own, e.g. in a worker thread. Nothing is asked before the first call. */
export function createRepository(options: RepositoryOptions): OpenRepository {
  const connection = connect(options);
  return { ...repositoryOver(connection, options.path), close: () => connection.close() };
}

export interface OverConnection {
  /** Everything is asked with credentials to push, so that there is one token and not two. */
  readonly writing?: boolean | undefined;
}

/** A repository over a connection that others may share. */
export function repositoryOver(
  connection: Connection,
  path: string,
  { writing = false }: OverConnection = {},
): Repository {
  const { endpoint, clock, retries, sendBare, uploads } = connection;
  const name = familiarName({ domain: endpoint.domain, path });
  const toPush = [`repository:${path}:pull,push`];
  const scopes = writing ? toPush : [`repository:${path}:pull`];
  const context: RepositoryContext = {
    endpoint,
    path,
    name,
    send: refusedInWords(writing ? pushRefused(name) : pullRefused(name))(connection.send(scopes)),
    sendBare,
    address: () => connection.address(),
    redact: (text) => connection.redact(text),
    retries,
    clock,
    uploads,
    opened: new Map(),
  };
  const sendingWith = (wanted: readonly string[], words: Words): RepositoryContext => ({
    ...context,
    send: endpoint.mirror ? () => Promise.reject(notWritten(endpoint)) : refusedInWords(words)(connection.send(wanted)),
  });
  const pushing = sendingWith(toPush, pushRefused(name));
  const mounting = (from: string | undefined): RepositoryContext =>
    from === undefined ? pushing : sendingWith([...toPush, `repository:${from}:pull`], pushRefused(name));
  const deleting = sendingWith([`repository:${path}:pull,delete`], deleteRefused(name));
  return {
    ...writingTo({ context: pushing, mounting, checked }),
    deleteManifest: (tagOrDigest, options) => deleteManifest(deleting, checked(tagOrDigest), { ...options, pushing }),
    deleteTag: (tag, options) => deleteTag(deleting, checked(tag), options),
    deleteBlob: (digest, options) => deleteBlob(deleting, digest, options),
    referrers: (digest, options) => listReferrers(context, digest, options),
    rateLimit: (tagOrDigest, options) => readRateLimit(context, checked(tagOrDigest), options),
    endpoint,
    path,
    manifest: (tagOrDigest, options) => fetchManifest(context, checked(tagOrDigest), options),
    resolve: (tagOrDigest, options) => resolveManifest(context, checked(tagOrDigest), options),
    blobSize: (digest, options) => blobSize(context, digest, options),
    tags: (options) => listTags(context, options),
    has: (target, options) =>
      isDocumentType(target.mediaType) ? hasManifest(context, target, options) : hasBlob(context, target, options),
    fetch: async (target, options) =>
      isDocumentType(target.mediaType)
        ? fetchedDocument(target, await fetchManifestBytes(context, target, options))
        : fetchBlob(context, target, options),
    recipe: async (options): Promise<RepositoryOptions | undefined> => {
      const { transport } = connection;
      // A limit on bytes holds for all connections together: they have to be in one place.
      if (transport.limitRate !== undefined) return undefined;
      return { endpoint, path, transport, retries, authorization: await connection.authorization(scopes, options) };
    },
  };
}

/** A document comes whole, from its start. */
function fetchedDocument(target: Descriptor, bytes: Uint8Array): Fetched {
  if (bytes.length !== target.size) {
    throw new DrayError(
      'SIZE_MISMATCH',
      `manifest ${target.digest} should have ${target.size} bytes, but it has ${bytes.length}`,
      { detail: { expected: target.size, found: bytes.length } },
    );
  }
  return {
    offset: 0,
    pour: async (sink) => {
      sink(bytes);
    },
    [Symbol.asyncIterator]: () => bytesOf(bytes),
  };
}

/** Goes into a URL: nothing but a tag or a digest may. */
function checked(tagOrDigest: string): string {
  if (isDigest(tagOrDigest) || isTag(tagOrDigest)) return tagOrDigest;
  throw new DrayError(
    'INVALID_REFERENCE',
    `${JSON.stringify(tagOrDigest.slice(0, 200))} is neither a tag nor a digest`,
  );
}

function notWritten({ url, domain }: Endpoint): DrayError {
  return new DrayError('UNSUPPORTED', `nothing is written to ${url}, which is a mirror of ${domain}`);
}

type Words = (message: string) => string;

/** What docker says when a registry lets nobody in: it may be that there is nothing to be let into. */
const pullRefused =
  (name: string): Words =>
  (message) =>
    `pull access denied for ${name}, repository does not exist or may require 'dray login': ${message}`;

const pushRefused =
  (name: string): Words =>
  (message) =>
    `${ACCESS_DENIED}: push to ${name}: ${message}`;

const deleteRefused =
  (name: string): Words =>
  (message) =>
    `${ACCESS_DENIED}: deletion in ${name}: ${message}`;

/** Says what a refusal by the registry means for what was wanted. */
function refusedInWords(words: Words): Middleware {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (!hasCode(error, 'DENIED', 'UNAUTHORIZED') || error.detail['credentials'] === 'refused') throw error;
      const { code, message, hint, detail } = error;
      throw new DrayError(code, words(message), { ...(hint !== undefined && { hint }), detail, cause: error });
    }
  };
}
