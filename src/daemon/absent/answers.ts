import { decodeFilters } from '#engine';
import { printable } from '#oci';
import { EngineError, notImplemented } from '../http/engine-error.ts';
import type { RouteHandler } from '../http/router.ts';
import { readFilters } from '../look/read-filters.ts';

/** A list or a report of which nothing is ever in. Filters are checked all the same; `known`: those that docker knows here, if it looks. */
export function nothing(document: unknown, known?: readonly string[]): RouteHandler {
  return (exchange) => {
    if (known === undefined) decodeFilters(exchange.query.get('filters'));
    else readFilters(exchange.query, new Set(known));
    exchange.replyJson(200, document);
  };
}

/** A 404 in docker's words for the thing that the path names. */
export function missing(words: (id: string) => string): RouteHandler {
  return (exchange) => {
    throw new EngineError(404, words(printable(exchange.name('id'), 255)));
  };
}

export function unavailable(status: number, message: string): RouteHandler {
  return () => {
    throw new EngineError(status, message);
  };
}

/** What a later part of dray will bring. */
export function later(what: string): RouteHandler {
  return () => {
    throw notImplemented(what);
  };
}
