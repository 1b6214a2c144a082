import type { ImageRow } from '#dray';
import type { Filters, ImageSummary } from '#engine';
import type { EngineContext } from '../engine-context.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { IMAGE_FILTERS, type ImageFilter, imageFilter } from './image-filters.ts';
import { imageSummaries } from './image-summary.ts';
import { readFilters } from './read-filters.ts';

/**
 * `GET /images/json`: the images of the store, newest first, one row for each ID. `all` adds none: steps of builds are no images here. By the
 * version: `filter` in place of a reference before 1.41; `<none>` names for nameless images before 1.43, empty lists since;
 * `shared-size` since 1.42, `manifests` since 1.47; and containers are counted since 1.51.
 */
export async function listEngineImages(exchange: EngineExchange, { dray }: EngineContext): Promise<void> {
  const signal = exchange.left;
  const filters = filtersOf(exchange);
  const filter = await imageFilter(filters, dray, signal);
  const { rows } = await dray.imageRows({
    shared: exchange.isAtLeast('1.42') && exchange.flag('shared-size'),
    manifests: exchange.isAtLeast('1.47') && exchange.flag('manifests'),
    signal,
  });
  const isWhole = Object.keys(filters).length === 0;
  const before = isWhole ? lastAnswers.get(rows) : undefined;
  if (before?.version === exchange.version) {
    exchange.replyJsonText(200, before.text);
    return;
  }
  const text = JSON.stringify(summariesOf(rows, filter, exchange));
  if (isWhole) lastAnswers.set(rows, { version: exchange.version, text });
  exchange.replyJsonText(200, text);
}

/** What was answered with these rows: who asks again and again gets them anew only where something has changed. */
const lastAnswers = new WeakMap<readonly ImageRow[], { readonly version: string; readonly text: string }>();

function summariesOf(
  rows: readonly ImageRow[],
  filter: ImageFilter,
  exchange: EngineExchange,
): readonly ImageSummary[] {
  const containers = exchange.isAtLeast('1.51') ? 0 : -1;
  const noNames = exchange.isAtLeast('1.43') ? ([] as const) : null;
  const summaries = rows.flatMap((row) => filter(row) ?? []).map(imageSummaries(exchange, { containers, noNames }));
  return noNames === null ? summaries.map(withNone) : summaries;
}

function filtersOf(exchange: EngineExchange): Filters {
  const filters = readFilters(exchange.query, IMAGE_FILTERS);
  const filter = exchange.isAtLeast('1.41') ? undefined : exchange.query.get('filter');
  if (filter === undefined || filter === null || filter === '') return filters;
  return { ...filters, reference: [...(filters['reference'] ?? []), filter] };
}

function withNone(summary: ImageSummary): ImageSummary {
  if (summary.RepoTags !== null || summary.RepoDigests !== null) return summary;
  return { ...summary, RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] };
}
