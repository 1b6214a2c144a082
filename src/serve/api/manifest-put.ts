import { readAll } from '#bytes';
import { hasCode } from '#errors';
import { type Digest, digestOf, digestParts, isSchema1Type } from '#oci';
import { announcedLength } from '../http/announced-length.ts';
import { type ApiError, apiError } from '../http/api-error.ts';
import type { Exchange, RawHeaders } from '../http/exchange.ts';
import { requestBody } from '../http/request-body.ts';
import { checkChildren } from './manifest-children.ts';
import { type PushedDocument, readPushedDocument } from './manifest-document.ts';
import { allowTags, inTurn, mustOverwrite, type PushTarget, readPushTarget } from './manifest-push-target.ts';
import type { RouteContext } from './route-context.ts';
import type { Rules } from './rules.ts';
import { warning } from './warning.ts';

/** PUT of a manifest by tag or digest: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests */
export async function putManifest(exchange: Exchange, context: RouteContext): Promise<void> {
  const { storage, repository, policy } = context;
  const asked = readPushTarget(exchange);
  await policy.allowWrite(repository);
  const body = await readBody(exchange, context.rules);
  const document = readPushedDocument(body, exchange.message.headers['content-type']);
  const digest = digestFor(asked, document);
  const missing = await checkChildren(document, context);
  const { mediaType, bytes } = document;
  const known = await storage.manifest(repository, digest);
  if (known === undefined) await policy.allowBytes(repository, bytes.length);
  // Content that does not name its type can be pushed as two: whoever has its tags would get another thing than before.
  else if (known.mediaType !== mediaType && !(isSchema1Type(known.mediaType) && isSchema1Type(mediaType))) {
    mustOverwrite(exchange, repository, `the manifest is there, as ${known.mediaType}`);
  }
  await inTurn(exchange, context, {
    tags: asked.tags,
    async work() {
      await allowTags(exchange, context, { tags: asked.tags, to: digest });
      await storage.putManifest(repository, { digest, mediaType, bytes }, asked.tags);
    },
  });
  exchange.reply(201, headersOf(exchange, asked, { digest, document, missing }));
  tellPush(context, asked, { digest, document });
}

async function readBody(exchange: Exchange, { manifestLimit, stallTimeout }: Rules): Promise<Uint8Array> {
  const announced = announcedLength(exchange.message);
  if (announced !== undefined && announced > manifestLimit) throw tooLarge(manifestLimit);
  try {
    return await readAll(requestBody(exchange, stallTimeout), manifestLimit, 'the manifest');
  } catch (error) {
    throw hasCode(error, 'TOO_LARGE') ? tooLarge(manifestLimit) : error;
  }
}

function tooLarge(limit: number): ApiError {
  return apiError(413, 'MANIFEST_INVALID', `manifest invalid: it is larger than ${limit} bytes`, { limit });
}

function digestFor({ digest: asked }: PushTarget, { bytes }: PushedDocument): Digest {
  if (asked === undefined) return digestOf(bytes);
  const found = digestOf(bytes, digestParts(asked).algorithm);
  if (found === asked) return found;
  throw apiError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest: asked, found });
}

interface Pushed {
  readonly digest: Digest;
  readonly document: PushedDocument;
}

function headersOf(
  { target }: Exchange,
  asked: PushTarget,
  { digest, document, missing }: Pushed & { readonly missing: number },
): RawHeaders {
  return [
    'Location',
    `${target.prefix}/v2/${target.repository ?? ''}/manifests/${digest}`,
    'Docker-Content-Digest',
    digest,
    ...(document.subject === undefined ? [] : ['OCI-Subject', document.subject]),
    // The tag of a push by tag needs no telling.
    ...(asked.digest === undefined ? [] : asked.tags.flatMap((tag) => ['OCI-Tag', tag])),
    ...(missing === 0 ? [] : warning(`${missing} of what this manifest lists is not in the repository`)),
  ];
}

function tellPush(
  { tell }: RouteContext,
  { tags }: PushTarget,
  { digest, document: { mediaType, bytes, blobs, layers, manifests } }: Pushed,
): void {
  const references = [...manifests, ...blobs, ...layers].map((child) => ({ ...child, size: child.size ?? 0 }));
  for (const tag of tags.length === 0 ? [undefined] : tags) {
    tell({ action: 'push', kind: 'manifest', mediaType, digest, size: bytes.length, tag, references });
  }
}
