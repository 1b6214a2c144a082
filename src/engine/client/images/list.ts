import type { CallOptions } from '#content';
import { encodeFilters, type Filters } from '../../api/filters.ts';
import type { ImageSummary } from '../../api/images.ts';
import { listAnswer } from '../answer-shape.ts';
import { requireOptions } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';

export interface ListImagesOptions extends CallOptions {
  /** Those too that are only steps of others. */
  readonly all?: boolean | undefined;
  /** `{ reference: ['alpine*'], dangling: ['true'] }`. */
  readonly filters?: Filters | undefined;
  /** `RepoDigests` too, which newer engines always give. */
  readonly digests?: boolean | undefined;
  /** The manifests of each index. Since API version 1.47. */
  readonly manifests?: boolean | undefined;
  /** What each shares with others, which takes the engine time. Since API version 1.42. */
  readonly sharedSize?: boolean | undefined;
}

/** The images that the engine has, the newest first. */
export async function list(
  { connection }: ImagesContext,
  options: ListImagesOptions,
): Promise<readonly ImageSummary[]> {
  const { all, digests, manifests, sharedSize, signal } = options;
  await requireOptions(connection, options, { manifests: '1.47', sharedSize: '1.42' });
  const query = { all, digests, filters: encodeFilters(options.filters), manifests, 'shared-size': sharedSize };
  return listAnswer(connection, { method: 'GET', path: '/images/json', query, timeout: sharedSize !== true, signal });
}
