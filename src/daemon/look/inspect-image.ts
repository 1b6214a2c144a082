import type { DescribedImage } from '#dray';
import type { ImageInspect } from '#engine';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { queryPlatform } from '../http/query-platform.ts';
import { engineDescriptor } from './engine-descriptor.ts';
import { manifestSummary } from './image-summary.ts';
import { legacyConfig, legacyContainerConfig } from './legacy-config.ts';
import { ofPlatform } from './of-platform.ts';

/**
 * `GET /images/{name}/json`. By the version: `VirtualSize` and a time where there is none before 1.44, `ContainerConfig` before 1.45,
 * `manifests` and the descriptor since 1.48, `platform` since 1.49, and before 1.50 those fields of the config that say nothing of images.
 */
export async function inspectEngineImage(exchange: EngineExchange, { dray }: EngineContext): Promise<void> {
  const manifests = exchange.isAtLeast('1.48') && exchange.flag('manifests');
  const platform = exchange.isAtLeast('1.49') ? queryPlatform(exchange.query) : undefined;
  if (manifests && platform !== undefined) {
    throw new EngineError(400, 'conflicting options: manifests and platform options cannot both be set');
  }
  const described = await ofPlatform(
    dray.describe(exchange.name('name'), { platform, manifests, signal: exchange.left }),
  );
  exchange.replyJson(200, inspected(described, exchange, platform !== undefined));
}

/** The fields in docker's order. */
function inspected(
  { image, manifest, container, manifests }: DescribedImage,
  exchange: EngineExchange,
  isOfPlatform: boolean,
): ImageInspect {
  const { Descriptor: root, Config, Created, DockerVersion, Author, Size, GraphDriver, RootFS, Metadata } = image;
  const isBefore = (version: string): boolean => !exchange.isAtLeast(version);
  const created = Created ?? (isBefore('1.44') ? '0001-01-01T00:00:00Z' : undefined);
  const { Id, RepoTags, RepoDigests, Parent, Comment, Architecture, Variant, Os, OsVersion } = image;
  return {
    Id,
    RepoTags,
    RepoDigests,
    Parent,
    Comment,
    ...(created !== undefined && { Created: created }),
    ...(isBefore('1.45') && { ContainerConfig: legacyContainerConfig(container ?? {}) }),
    DockerVersion,
    Author,
    Architecture,
    ...(Variant !== undefined && { Variant }),
    Os,
    ...(OsVersion !== undefined && { OsVersion }),
    Size,
    ...(isBefore('1.44') && { VirtualSize: Size }),
    GraphDriver,
    RootFS,
    Metadata,
    ...(!isBefore('1.48') && { Descriptor: engineDescriptor(isOfPlatform ? manifest : root) }),
    ...(manifests !== undefined && { Manifests: manifests.map(manifestSummary) }),
    Config: isBefore('1.50') ? legacyConfig(Config) : Config,
  };
}
