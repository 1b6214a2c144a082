import type { EngineContext } from '../engine-context.ts';
import type { Route } from '../http/router.ts';
import { pruneImages } from './prune-images.ts';
import { removeImage } from './remove-image.ts';
import { tagImage } from './tag-image.ts';

export function changeRoutes(context: EngineContext): readonly Route[] {
  return [
    { method: 'POST', path: '/images/prune', handle: pruneImages(context) },
    { method: 'POST', path: '/images/{name...}/tag', handle: tagImage(context) },
    { method: 'DELETE', path: '/images/{name...}', handle: removeImage(context) },
  ];
}
