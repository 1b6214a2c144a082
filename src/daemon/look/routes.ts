import type { EngineContext } from '../engine-context.ts';
import type { Route } from '../http/router.ts';
import { engineDiskUsage } from './disk-usage.ts';
import { engineImageHistory } from './image-history.ts';
import { inspectDistribution } from './inspect-distribution.ts';
import { inspectEngineImage } from './inspect-image.ts';
import { listEngineImages } from './list-images.ts';
import { searchEngineImages } from './search-images.ts';

/** What looks, and changes nothing. Every answer comes from the store as it is at that time, or from a registry. */
export function lookRoutes(context: EngineContext): readonly Route[] {
  return [
    { method: 'GET', path: '/images/json', handle: (exchange) => listEngineImages(exchange, context) },
    { method: 'GET', path: '/images/search', handle: (exchange) => searchEngineImages(exchange, context) },
    { method: 'GET', path: '/images/{name...}/json', handle: (exchange) => inspectEngineImage(exchange, context) },
    { method: 'GET', path: '/images/{name...}/history', handle: (exchange) => engineImageHistory(exchange, context) },
    {
      method: 'GET',
      path: '/distribution/{name...}/json',
      handle: (exchange) => inspectDistribution(exchange, context),
    },
    { method: 'GET', path: '/system/df', handle: (exchange) => engineDiskUsage(exchange, context) },
  ];
}
