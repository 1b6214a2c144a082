import { readAll } from '#bytes';
import { DrayError } from '#errors';
import { LONGEST_TIMER } from '#timing';
import { cleanText } from '#transport';
import type { EngineConnection, EngineRequest } from './connection.ts';
import { createDialer } from './dial-engine.ts';
import { EngineAgent } from './engine-agent.ts';
import type { EngineOptions } from './engine-options.ts';
import { type Exchange, exchange } from './exchange.ts';
import { jsonObjects } from './json-objects.ts';
import { requestTarget } from './request-target.ts';
import { takeOver } from './take-over.ts';
import { createVersioning } from './versioning.ts';

/** Bytes of a JSON document. */
const DOCUMENT = 64 * 1024 * 1024;

/** Opens nothing yet. Throws INVALID_OPTION for a host, a version or a time that cannot be. */
export function openConnection(options: EngineOptions): EngineConnection {
  checkTime('timeout', options.timeout);
  checkTime('connectTimeout', options.connectTimeout);
  const dialer = createDialer(options);
  const agent = new EngineAgent(dialer);
  const own = { 'User-Agent': 'dray', ...options.headers };

  const workFor = async (request: EngineRequest): Promise<Exchange> => {
    const used = request.versioned === false ? undefined : await version(request);
    return {
      request,
      target: requestTarget(request, dialer.prefix, used),
      headers: { ...merged(own, headersOf(request)) },
      timeout: request.timeout === false ? undefined : options.timeout,
      facts: { what: `${request.method} ${cleanText(request.path)}`, dialer },
    };
  };
  const send: EngineConnection['send'] = async (request) => exchange(agent, await workFor(request));
  const version = createVersioning({ version: options.version, ask: send, name: dialer.name });

  return {
    send,
    version,
    async json<T>(request: EngineRequest): Promise<T> {
      const { body } = await send(request);
      const what = `the answer of ${dialer.name} to ${request.method} ${cleanText(request.path)}`;
      const text = Buffer.from(await readAll(body, DOCUMENT, what)).toString('utf8');
      try {
        return JSON.parse(text) as T;
      } catch (cause) {
        const found = text === '' ? 'it is empty' : `it begins with ${JSON.stringify(cleanText(text, 60))}`;
        throw new DrayError('BAD_RESPONSE', `${what} is no JSON: ${found}`, { cause });
      }
    },
    async *objects<T extends object>(request: EngineRequest): AsyncGenerator<T, void, undefined> {
      const { body } = await send(request);
      yield* jsonObjects<T>(body, `the answer of ${dialer.name} to ${request.method} ${cleanText(request.path)}`);
    },
    takeOver: async (request) => takeOver(await workFor(request)),
    close: () => agent.closeIdle(0),
  };
}

function checkTime(name: string, time: number | undefined): void {
  if (time === undefined || (time > 0 && time <= LONGEST_TIMER)) return;
  throw new DrayError(
    'INVALID_OPTION',
    `${name} of an engine cannot be ${time}: it is milliseconds, up to ${LONGEST_TIMER}`,
    {
      hint: 'leave it out to have no limit of your own',
    },
  );
}

function headersOf({ headers, json, body, contentType }: EngineRequest): Readonly<Record<string, string>> {
  if (json !== undefined) return { 'Content-Type': 'application/json', ...headers };
  if (body !== undefined) return { 'Content-Type': contentType ?? 'application/octet-stream', ...headers };
  return headers ?? {};
}

/** Later ones win, whatever case they are written in. */
function merged(...lists: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const byName = new Map<string, readonly [name: string, value: string]>();
  for (const list of lists) {
    for (const entry of Object.entries(list)) byName.set(entry[0].toLowerCase(), entry);
  }
  return Object.fromEntries(byName.values());
}
