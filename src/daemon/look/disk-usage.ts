import type { DiskUsage } from '#engine';
import { printable } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { imageSummaries } from './image-summary.ts';

const KINDS = ['container', 'image', 'volume', 'build-cache'] as const;
const LONGEST_SHOWN = 200;

/**
 * `GET /system/df`; `type` since 1.42, any number of times. As docker counts: `LayersSize` is what the files of all layers hold, each layer
 * once, and the sizes of images are made of the same.
 */
export async function engineDiskUsage(exchange: EngineExchange, { dray }: EngineContext): Promise<void> {
  const kinds = kindsOf(exchange);
  const empty = (kind: (typeof KINDS)[number]): readonly [] | null => (kinds.has(kind) ? [] : null);
  const { rows, layersSize = 0 } = kinds.has('image')
    ? await dray.imageRows({ shared: true, signal: exchange.left })
    : { rows: undefined };
  const usage: DiskUsage = {
    LayersSize: layersSize,
    Images: rows?.map(imageSummaries(exchange, { containers: 0, noNames: null })) ?? null,
    Containers: empty('container'),
    Volumes: empty('volume'),
    BuildCache: empty('build-cache'),
  };
  exchange.replyJson(200, usage);
}

function kindsOf(exchange: EngineExchange): ReadonlySet<string> {
  const asked = exchange.isAtLeast('1.42') ? exchange.query.getAll('type') : [];
  const unknown = asked.find((kind) => !KINDS.some((known) => known === kind));
  if (unknown !== undefined) {
    throw new EngineError(400, `unknown object type: ${printable(unknown, LONGEST_SHOWN)}`);
  }
  return new Set(asked.length === 0 ? KINDS : asked);
}
