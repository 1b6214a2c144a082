import type { IncomingMessage, ServerResponse } from 'node:http';
import { compareApiVersions, NEWEST_API_VERSION, OLDEST_API_VERSION } from '#engine';
import { checkCaller } from './check-caller.ts';
import { EngineError } from './engine-error.ts';
import { EngineExchange } from './exchange.ts';

export type RouteHandler = (exchange: EngineExchange) => Promise<void> | void;

/** One endpoint. */
export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** `{id}` is one part of the path; `{name...}` one or more: names of images come with their slashes, as they are. */
  readonly path: string;
  readonly handle: RouteHandler;
}

export type Router = (message: IncomingMessage, response: ServerResponse) => Promise<void>;

const VERSION = /^\/v(?<version>\d{1,4}(?:\.\d{1,4})?)(?=\/)/;

/** Answers requests by the first route that fits. What no route fits is docker's "page not found". */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ ...route, pattern: compile(route.path) }));
  return async (message, response) => {
    const url = message.url ?? '/';
    const mark = url.indexOf('?');
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    const full = mark < 0 ? url : url.slice(0, mark);
    const asked = VERSION.exec(full)?.groups?.['version'];
    const path = asked === undefined ? full : full.slice(asked.length + 2);
    const version = asked ?? NEWEST_API_VERSION;
    const found = find(compiled, message.method, path);
    const exchange = new EngineExchange(message, response, { version, names: found?.names ?? {}, query });
    try {
      checkCaller(message);
      checkVersion(version);
      if (found === undefined) throw new EngineError(404, 'page not found');
      await found.handle(exchange);
    } catch (error) {
      exchange.fail(error);
    }
  };
}

interface Found {
  readonly handle: RouteHandler;
  readonly names: Readonly<Record<string, string>>;
}

function find(
  routes: readonly (Route & { readonly pattern: RegExp })[],
  asked: string | undefined,
  path: string,
): Found | undefined {
  for (const { method, pattern, handle } of routes) {
    const match = method === asked ? pattern.exec(path) : null;
    if (match !== null) return { handle, names: match.groups ?? {} };
  }
  return undefined;
}

function compile(path: string): RegExp {
  const source = path
    .replaceAll('.', '\\.')
    .replaceAll(/\{(\w+)\\\.\\\.\\\.\}/g, '(?<$1>.+)')
    .replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return new RegExp(`^${source}$`);
}

function checkVersion(version: string): void {
  if (compareApiVersions(version, OLDEST_API_VERSION) < 0) {
    throw new EngineError(
      400,
      `client version ${version} is too old. Minimum supported API version is ${OLDEST_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  if (compareApiVersions(version, NEWEST_API_VERSION) > 0) {
    throw new EngineError(
      400,
      `client version ${version} is too new. Maximum supported API version is ${NEWEST_API_VERSION}`,
    );
  }
}
