import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestEngine } from '../engine.test.fixture.ts';

interface Case {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly message?: RegExp;
}

const CASES: readonly Case[] = [
  { path: '/_ping', status: 200 },
  { path: '/v1.24/_ping', status: 200 },
  { path: '/v1.51/_ping', status: 200 },
  {
    path: '/v1.23/_ping',
    status: 400,
    message: /^client version 1\.23 is too old\. Minimum supported API version is 1\.24/,
  },
  {
    path: '/v1.52/_ping',
    status: 400,
    message: /^client version 1\.52 is too new\. Maximum supported API version is 1\.51$/,
  },
  { path: '/v2.0/_ping', status: 400, message: /too new/ },
  { path: '/nothing', status: 404, message: /^page not found$/ },
  { path: '/_ping', method: 'POST', status: 404, message: /^page not found$/ },
  { path: '/_ping/', status: 404, message: /^page not found$/ },
  { path: '/v1.51', status: 404, message: /^page not found$/ },
  { path: '//_ping', status: 404, message: /^page not found$/ },
  { path: '/_ping', headers: { origin: 'http://evil.example' }, status: 403, message: /browsers/ },
  { path: '/_ping', headers: { 'sec-fetch-site': 'cross-site' }, status: 403, message: /browsers/ },
];

test('requests find their endpoint, or docker’s words', async (t) => {
  const engine = await startTestEngine(t);
  for (const { path, method = 'GET', headers = {}, status, message } of CASES) {
    const answer = await engine.ask(method, path, { headers });
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.headers['api-version'], '1.51');
    if (message !== undefined) assert.match((answer.json() as { message: string }).message, message);
  }
});
