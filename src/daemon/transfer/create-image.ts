import { importFromBody } from '../archive/import.ts';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { pullImage } from './pull-image.ts';
import type { SharedWork } from './shared-work.ts';

/** `POST /images/create`: a pull with `fromImage`, an import with `fromSrc`. */
export async function createImage(exchange: EngineExchange, context: EngineContext, pulls: SharedWork): Promise<void> {
  const { query } = exchange;
  if (query.get('fromImage')) return pullImage(exchange, context, pulls);
  if (query.get('fromSrc')) return importFromBody(exchange, context);
  throw new EngineError(400, 'invalid reference format: neither fromImage nor fromSrc is given');
}
