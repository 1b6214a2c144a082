import type { EngineContext } from '../engine-context.ts';
import type { RouteHandler } from '../http/router.ts';
import { targetName } from './target-name.ts';

/** Gives an image another name. */
export function tagImage({ dray, events }: EngineContext): RouteHandler {
  return async (exchange) => {
    const { query } = exchange;
    const target = targetName(query.get('repo') ?? '', query.get('tag') ?? '');
    const name = await dray.tag(exchange.name('name'), target);
    const [image] = await dray.images({ reference: name });
    // An artifact is no image: it has no labels, and no ID but its name.
    events.publish({ action: 'tag', id: image?.id ?? name, attributes: { ...image?.labels, name } });
    exchange.reply(201);
  };
}
