import type { Filters, ImagesPruneReport } from '#engine';
import { quoted } from '#oci';
import { parsePastTime } from '#timing';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { RouteHandler } from '../http/router.ts';
import { booleanFilter, readFilters } from '../look/read-filters.ts';
import { publishRemoval } from './publish-removal.ts';
import { removalItems } from './removal-items.ts';

const FILTERS: ReadonlySet<string> = new Set(['dangling', 'label', 'label!', 'until']);

/** Removes images without a tag, or with `dangling=false` all of them, and what nothing needs then. */
export function pruneImages({ dray, events }: EngineContext): RouteHandler {
  return async (exchange) => {
    const filters = readFilters(exchange.query, FILTERS);
    const options = {
      all: booleanFilter(filters, 'dangling') === false,
      until: untilOf(filters),
      labels: filters['label'] ?? [],
      withoutLabels: filters['label!'] ?? [],
    };
    const pruned = await dray.prune(options);
    await publishRemoval(pruned, events);
    const { steps, bytes } = pruned;
    events.publish({ action: 'prune', id: '', attributes: { reclaimed: String(bytes) } });
    const report: ImagesPruneReport = {
      ImagesDeleted: steps.length === 0 ? null : removalItems(steps),
      SpaceReclaimed: bytes,
    };
    exchange.replyJson(200, report);
  };
}

function untilOf(filters: Filters): number | undefined {
  const [until, ...more] = filters['until'] ?? [];
  if (more.length > 0) throw new EngineError(400, 'more than one until filter specified');
  if (until === undefined) return undefined;
  const time = parsePastTime(until, Date.now());
  if (time === undefined) throw new EngineError(400, `failed to parse value as time or duration: ${quoted(until)}`);
  return time;
}
