import type { Dray, ManifestResult, Platform } from '#dray';
import type { DistributionInspect } from '#engine';
import { hasCode } from '#errors';
import {
  DOCKER_MANIFEST,
  familiarName,
  isDigest,
  isIndexType,
  parseConfig,
  parseIndex,
  parseReference,
  platformDocument,
} from '#oci';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { clientAuth, withAuth } from '../transfer/client-auth.ts';
import { reached } from './reached.ts';

/**
 * `GET /distribution/{name}/json`: what the name stands for in its registry. As docker does, it tells the platforms of an index and of a docker
 * manifest, and not that of an OCI manifest.
 */
export async function inspectDistribution(exchange: EngineExchange, { dray }: EngineContext): Promise<void> {
  const name = exchange.name('name');
  if (isDigest(name) || /^[0-9a-f]{64}$/.test(name)) {
    throw new EngineError(500, 'no manifest found for full image ID');
  }
  // what is no name must not be taken for another place
  parseReference(name);
  const signal = exchange.left;
  const found = await withAuth(dray, clientAuth(exchange), async (own): Promise<DistributionInspect> => {
    const manifest = await lookedAt(own.manifest(name, { signal }));
    const { mediaType, digest, size } = manifest.descriptor;
    const platforms = await platformsOf(manifest, own, signal);
    return { Descriptor: { mediaType, digest, size }, Platforms: platforms?.map(platformDocument) ?? null };
  });
  exchange.replyJson(200, found);
}

async function lookedAt(manifest: Promise<ManifestResult>): Promise<ManifestResult> {
  try {
    return await reached(manifest);
  } catch (cause) {
    if (!hasCode(cause, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')) throw cause;
    throw new EngineError(404, 'manifest unknown: manifest unknown', { cause });
  }
}

async function platformsOf(
  { fullName, descriptor, bytes }: ManifestResult,
  dray: Dray,
  signal: AbortSignal,
): Promise<readonly Platform[] | undefined> {
  const { mediaType, digest } = descriptor;
  if (isIndexType(mediaType)) {
    return parseIndex(bytes, mediaType).manifests.map(({ platform }) => platform ?? { architecture: '', os: '' });
  }
  if (mediaType !== DOCKER_MANIFEST) return undefined;
  try {
    const name = `${familiarName(parseReference(fullName))}@${digest}`;
    return [parseConfig(await dray.config(name, { signal }))];
  } catch (error) {
    // what is no image has none
    if (hasCode(error, 'UNSUPPORTED')) return undefined;
    throw error;
  }
}
