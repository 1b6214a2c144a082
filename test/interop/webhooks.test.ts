import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRegistryServer } from 'dray/serve';
import { buildImage } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { layoutOf } from './layout-of.ts';
import { peerTest } from './peers.ts';
import { makeFolder, run } from './run.ts';

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Listener {
  readonly url: string;
  readonly told: Told[];
}

/** Somebody who hears of events, and takes them all. */
async function listen(): Promise<Listener> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      told.push({ headers: request.headers, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, told };
}

const IMAGE = buildImage({ layers: [{ fill: 5000 }, { fill: 200 }] });

/** All that events tell of, done to the registry at `host` by programs of others. */
async function walk(host: string): Promise<void> {
  const crane = async (...args: readonly string[]): Promise<string> => run('crane', [...args, '--insecure']);
  const source = `${host}/lib/app`;
  const copy = `${host}/lib/copy:2`;
  const curl = async (method: string, path: string): Promise<string> =>
    run('curl', [
      '-sS',
      '-f',
      '-X',
      method,
      '-A',
      'curl',
      ...(method === 'HEAD' ? ['-I'] : []),
      `http://${host}${path}`,
    ]);
  await crane('pull', `${source}:1`, join(makeFolder(), 'image.tar'));
  await crane('copy', `${source}:1`, copy);
  await crane('digest', copy);
  await crane('manifest', `${source}@${IMAGE.root.digest}`);
  const layer = IMAGE.layers[0]?.digest ?? assert.fail();
  await curl('HEAD', `/v2/lib/app/blobs/${layer}`);
  await curl('DELETE', `/v2/lib/copy/blobs/${layer}`);
  await crane('delete', `${source}@${IMAGE.root.digest}`);
}

/**
 * Without what is of one run, sorted: some requests go out together. What a manifest that is pulled points to is told by docker-registry alone:
 * nobody looks into a manifest here to answer with it.
 */
function shapes({ told }: Listener, host: string): readonly string[] {
  const events = told.flatMap(({ body }) => (JSON.parse(body) as { events: Record<string, unknown>[] }).events);
  return events.map((event) => shape(event, host)).sort();
}

function shape(event: Record<string, unknown>, host: string): string {
  const { source, ...rest } = event;
  assert.deepEqual(Object.keys(source as object), ['addr', 'instanceID']);
  return JSON.stringify(rest)
    .replaceAll(host, 'HOST')
    .replaceAll(/"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}"/g, '"UUID"')
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
    .replaceAll(/"addr":"127\.0\.0\.1:\d+"/g, '"addr":"CLIENT"')
    .replace(/(?<pull>"action":"pull".*),"references":\[.*?\]/, '$<pull>');
}

peerTest('events are told as docker-registry tells them', ['docker-registry', 'crane', 'curl'], async () => {
  const [theirs, ours] = [await listen(), await listen()];
  const endpoint = { name: 'hook', headers: { 'X-Key': ['a'] } };
  // Long enough that no event is told twice on a slow machine.
  const endpoints = [{ ...endpoint, url: theirs.url, timeout: '60s' }];
  const notifications = { events: { includereferences: true }, endpoints };
  const registry = await startDockerRegistry({ deletes: true, notifications });
  const server = await startRegistryServer({
    listen: '127.0.0.1:0',
    memory: true,
    webhooks: [{ ...endpoint, url: ours.url, timeout: 60_000, references: true }],
  });
  atEnd(async () => void (await server.close()));
  const { host } = new URL(server.url);

  const results: (readonly string[])[] = [];
  for (const [at, listener] of [
    [registry.host, theirs],
    [host, ours],
  ] as const) {
    await pushTo(at);
    await walk(at);
    // In order: when the last one has come, all have.
    const isOver = (): boolean => listener.told.some(({ body }) => /"action": "delete"[^]*"tag": "1"/.test(body));
    for (const end = Date.now() + 30_000; !isOver(); await sleep(20))
      assert.ok(Date.now() < end, 'no event of the end');
    results.push(shapes(listener, at));
  }
  const [expected, found] = results;
  assert.deepEqual(found, expected);
  assert.ok((expected?.length ?? 0) > 10);

  for (const { told } of [theirs, ours]) {
    const [{ headers, body } = assert.fail()] = told;
    assert.equal(headers['content-type'], 'application/vnd.docker.distribution.events.v1+json');
    assert.equal(headers['x-key'], 'a');
    assert.ok(body.startsWith('{\n   "events": [\n      {\n         "id": "'));
  }
});

async function pushTo(host: string): Promise<void> {
  await run('crane', ['push', '--insecure', layoutOf(IMAGE), `${host}/lib/app:1`]);
}
