import type { Middleware } from './types.ts';

/** Several middlewares as one; the first is the outermost: it sees the request first and the response last. */
export function compose(...middlewares: readonly Middleware[]): Middleware {
  return (transport) => middlewares.reduceRight((next, middleware) => middleware(next), transport);
}
