import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import { queryPlatforms } from '../http/query-platform.ts';
import type { RouteHandler } from '../http/router.ts';
import { ofPlatform } from '../look/of-platform.ts';
import { publishRemoval } from './publish-removal.ts';
import { removalItems } from './removal-items.ts';

/**
 * Takes a name away, or by an ID an image with its names; since 1.50 with `platforms` only these of an image, of which docker tells no event. Images here
 * have no parents that `noprune` could keep.
 */
export function removeImage({ dray, events }: EngineContext): RouteHandler {
  return async (exchange) => {
    // Older clients send none, and what they do not know of is not looked at.
    const platforms = exchange.isAtLeast('1.50') ? queryPlatforms(exchange.query) : [];
    const force = exchange.flag('force');
    const name = exchange.name('name');
    // Not given up when the client leaves: half of it would help nobody.
    if (platforms.length > 0) {
      if (!force) throw new EngineError(400, NOT_FORCED);
      const { steps } = await ofPlatform(dray.remove(name, { force, platforms }));
      exchange.replyJson(200, removalItems(steps));
      return;
    }
    const removed = await dray.remove(name, { force });
    await publishRemoval(removed, events);
    exchange.replyJson(200, removalItems(removed.steps));
  };
}

/** Docker's, to the letter; it says so before it looks for the image. */
const NOT_FORCED = 'Content will be removed from all images referencing this variant. Use —-force to force delete.';
