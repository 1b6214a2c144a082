import { hasCode } from '#errors';
import type { EngineContext } from '../engine-context.ts';
import { EngineError, notImplemented } from '../http/engine-error.ts';
import type { RouteHandler } from '../http/router.ts';

/** Says of an image that is not here that it is not: the docker command pulls it then, and asks again. */
export function createContainer({ dray }: Pick<EngineContext, 'dray'>): RouteHandler {
  return async (exchange) => {
    const settings = await exchange.readJson();
    if (settings === undefined) throw new EngineError(400, 'invalid JSON: got EOF while reading request body');
    const image = settings['Image'];
    if (typeof image !== 'string' || image === '') {
      throw new EngineError(400, 'config cannot be empty in order to create a container');
    }
    const platform = exchange.query.get('platform') ?? '';
    try {
      await dray.inspect(`store:${image}`, { ...(platform !== '' && { platform }), signal: exchange.left });
    } catch (error) {
      // an artifact is here, and runs no more than an image
      if (!hasCode(error, 'UNSUPPORTED')) throw error;
    }
    throw notImplemented('running containers');
  };
}
