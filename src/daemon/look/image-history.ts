import type { HistoryStep } from '#dray';
import type { HistoryItem } from '#engine';
import type { EngineContext } from '../engine-context.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { queryPlatform } from '../http/query-platform.ts';
import { ofPlatform } from './of-platform.ts';
import { unixSeconds } from './unix-time.ts';

/** `GET /images/{name}/history`, the last step first; `platform` since 1.48. */
export async function engineImageHistory(exchange: EngineExchange, { dray }: EngineContext): Promise<void> {
  const platform = exchange.isAtLeast('1.48') ? queryPlatform(exchange.query) : undefined;
  // no client may name a path
  const name = `store:${exchange.name('name')}`;
  const steps = await ofPlatform(dray.history(name, { platform, signal: exchange.left }));
  exchange.replyJson(200, steps.map(historyItem));
}

/** The fields in docker's order. */
function historyItem({ id, created, createdBy, comment, size, tags }: HistoryStep): HistoryItem {
  return {
    Comment: comment,
    Created: unixSeconds(created),
    CreatedBy: createdBy,
    Id: id ?? '<missing>',
    Size: size,
    Tags: tags.length === 0 ? null : tags,
  };
}
