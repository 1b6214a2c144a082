import type { EngineExchange } from '../http/exchange.ts';

/** Says that the engine is there, and in its headers what it is. */
export function ping(exchange: EngineExchange): void {
  exchange.reply(200, 'OK', {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    'Builder-Version': '2',
    Swarm: 'inactive',
  });
}
