import type { CallOptions } from '#content';
import { encodeFilters, type Filters } from '../../api/filters.ts';
import type { ImagesPruneReport } from '../../api/images.ts';
import { objectAnswer } from '../answer-shape.ts';
import { requireVersion } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';

export interface PruneImagesOptions extends CallOptions {
  /** False: every image that no container uses, as `docker image prune -a`; otherwise those without a name. */
  readonly dangling?: boolean | undefined;
  /** Only those that are older: how long (`24h`), RFC 3339, or seconds since 1970. */
  readonly until?: string | undefined;
  /** Only those with every one of these: `KEY`, or `KEY=VALUE`. */
  readonly labels?: readonly string[] | undefined;
  /** More of them, by docker's name: `{ 'label!': ['keep'] }`. */
  readonly filters?: Filters | undefined;
}

/** Removes images that nobody uses. */
export async function prune({ connection }: ImagesContext, options: PruneImagesOptions): Promise<ImagesPruneReport> {
  const { dangling = true, until, labels = [], signal } = options;
  await requireVersion(connection, { what: 'to prune images', since: '1.25', signal });
  const filters = encodeFilters({
    dangling: [String(dangling)],
    ...(labels.length > 0 && { label: labels }),
    ...(until !== undefined && { until: [until] }),
    ...options.filters,
  });
  return objectAnswer(connection, {
    method: 'POST',
    path: '/images/prune',
    query: { filters },
    timeout: false,
    signal,
  });
}
