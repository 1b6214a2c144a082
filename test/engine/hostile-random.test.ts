import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openFiles } from '../process-status.ts';
import { besieged, checkText, until } from './besieged-engine.ts';

const engine = besieged();
/** The same requests each time; `SEED=n npm test -- test/engine/hostile-random` makes others, and `REQUESTS=n` more or less. */
const SEED = Number(process.env['SEED'] ?? 1);
const REQUESTS = Number(process.env['REQUESTS'] ?? 10_000);
const AT_ONCE = 32;

/** mulberry32: small, and the same for the same seed everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const METHODS = ['GET', 'GET', 'POST', 'POST', 'DELETE', 'HEAD', 'PUT', 'OPTIONS', 'PATCH'];
const VERSIONS = ['', '', '/v1.47', '/v1.24', '/v1.51', '/v1.99', '/v1', '/v0.0', '/v1.1e9', '/vx'];
const PATHS = [
  '/_ping',
  '/version',
  '/info',
  '/auth',
  '/events',
  '/system/df',
  '/build',
  '/build/prune',
  '/commit',
  '/session',
  '/grpc',
  '/images/json',
  '/images/create',
  '/images/load',
  '/images/get',
  '/images/search',
  '/images/prune',
  '/images/NAME/json',
  '/images/NAME/history',
  '/images/NAME/tag',
  '/images/NAME/push',
  '/images/NAME/get',
  '/images/NAME',
  '/distribution/NAME/json',
  '/containers/json',
  '/containers/create',
  '/containers/NAME/json',
  '/containers/NAME/start',
  '/containers/NAME/attach',
  '/containers/NAME/logs',
  '/containers/prune',
  '/exec/NAME/start',
  '/volumes',
  '/volumes/create',
  '/volumes/NAME',
  '/networks',
  '/networks/NAME',
  '/networks/create',
  '/swarm',
  '/nodes',
  '/services',
  '/tasks',
  '/secrets',
  '/configs',
  '/plugins',
  '/NAME',
  '',
];
const NAMES = [
  'canary',
  'canary:2',
  'x',
  'x:1',
  'a/b/c',
  'localhost:1/x',
  'sha256:00',
  '..',
  '%00',
  '%2f',
  'Ü',
  '',
  'a@b',
  '0'.repeat(64),
  'x'.repeat(500),
];
const KEYS = [
  'all',
  'filters',
  'manifests',
  'digests',
  'shared-size',
  'fromImage',
  'fromSrc',
  'repo',
  'tag',
  'names',
  'platform',
  'force',
  'noprune',
  'limit',
  'term',
  'since',
  'until',
  'quiet',
  'changes',
  'message',
  't',
  'x',
];
const VALUES = [
  '',
  '0',
  '1',
  'true',
  'no',
  '-1',
  '1e999',
  'canary',
  'localhost:1/x',
  'x',
  'latest',
  '{}',
  '[]',
  '{"a":{"b":true}}',
  '{"os":"linux","architecture":"amd64"}',
  'linux/arm64',
  'nonsense/',
  '%',
  '%00',
  '%ff',
  '-',
  '../..',
  '2000-01-01',
  '9'.repeat(40),
  'a'.repeat(300),
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['x-registry-auth', 'e30='],
  ['x-registry-auth', '###'],
  ['x-registry-config', '{'],
  ['content-type', 'application/json'],
  ['content-type', 'text/html'],
  ['accept', '*/*'],
  ['range', 'bytes=0-1'],
  ['expect', '100-continue'],
  ['te', 'trailers'],
  ['cookie', 'a=b'],
  ['x-odd', '\u00ff\u00fe'],
  ['content-encoding', 'gzip'],
  ['connection', 'close, upgrade'],
];
const BODIES = [
  '',
  '{}',
  '{',
  'null',
  '[]',
  'x'.repeat(5000),
  '\u0000\u0001',
  '{"username":"x","serveraddress":"localhost:1"}',
  '{"Image":"canary"}',
];

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function anyRequest(next: () => number): Asked {
  const one = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const query = Array.from({ length: Math.floor(next() * 4) }, () => `${one(KEYS)}=${one(VALUES)}`).join('&');
  const path = `${one(VERSIONS)}${one(PATHS).replace('NAME', one(NAMES))}${query === '' ? '' : `?${query}`}`;
  const headers = Object.fromEntries(Array.from({ length: Math.floor(next() * 3) }, () => one(HEADERS)));
  return { method: one(METHODS), path: path.startsWith('/') ? path : `/${path}`, headers, body: one(BODIES) };
}

/** The canary stays what it is, and events of the future are waited for. */
function isMeant({ method, path }: Asked): boolean {
  const goes = method === 'DELETE' && /canary(?!:2)/.test(path);
  const prunes = /prune/.test(path);
  const waits = /\/events/.test(path);
  return goes || prunes || waits;
}

it(`${REQUESTS} requests of any kind (SEED=${SEED})`, async () => {
  const next = generator(SEED);
  const files = openFiles(engine.engine.pid);
  let left = REQUESTS;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const asked = anyRequest(next);
      if (isMeant(asked)) continue;
      const what = `SEED=${SEED}: ${asked.method} ${asked.path} ${JSON.stringify(asked.headers)} ${asked.body.slice(0, 60)}`;
      const { status, head, body } = await engine.ask(asked.method, asked.path, asked);
      assert.ok(status >= 100 && status < 600, `${status} for ${what}`);
      if (status >= 400) checkText(`${head.replaceAll('\u00ff', '')}${body}`, what);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await until(
    () => openFiles(engine.engine.pid) <= files + 40,
    () => `SEED=${SEED}: ${openFiles(engine.engine.pid)} files; ${files} were`,
  );
});
