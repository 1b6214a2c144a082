import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { helloImage, startRegistry, type TestRegistry } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDrayEngine } from './engine-host.ts';
import { makeFolder, run } from './run.ts';

const CLIENTS = fileURLToPath(new URL('../../tools/engine-clients/', import.meta.url));
const HELLO = helloImage('amd64');
const ID = HELLO.config.digest;

/** A test with a client from npm; where it is not installed the test is skipped and says so, with DRAY_REQUIRE_PEERS=1 it fails. */
function clientTest(name: string, client: string, body: () => Promise<void>): void {
  const words = `not here: ${client} (npm ci --prefix tools/engine-clients --ignore-scripts)`;
  if (existsSync(join(CLIENTS, 'node_modules', client))) test(name, body);
  else if (process.env['DRAY_REQUIRE_PEERS'] === '1') test(name, () => assert.fail(words));
  else test(name, { skip: words }, () => {});
}

async function filledRegistry(): Promise<TestRegistry> {
  const registry = await startRegistry({ images: { 'team/hello:1': HELLO } });
  atEnd(() => registry.close());
  return registry;
}

/** Runs a script of the clients' folder with an engine of its own; gives what it found. */
async function use<Found>(script: string, ...args: readonly string[]): Promise<Found> {
  const { host } = await startDrayEngine();
  const home = makeFolder();
  const env = { HOME: home, DOCKER_CONFIG: home, DOCKER_HOST: host };
  return JSON.parse(await run(process.execPath, [join(CLIENTS, script), ...args], { env })) as Found;
}

interface Dockerode {
  readonly ApiVersion: string;
  readonly OSType: string;
  readonly ping: string;
  readonly pulled: readonly { readonly status?: string; readonly id?: string }[];
  readonly id: string;
  readonly pulledTags: readonly string[];
  readonly history: readonly { readonly Id: string }[];
  readonly pushed: readonly { readonly aux?: { readonly Tag: string; readonly Digest: string } }[];
  readonly listed: readonly { readonly Id: string; readonly RepoTags: readonly string[] }[];
  readonly archive: number;
  readonly removed: readonly { readonly Untagged?: string; readonly Deleted?: string }[];
  readonly missing: { readonly statusCode: number; readonly message: string };
  readonly loaded: readonly { readonly stream?: string }[];
  readonly unpullable: { readonly statusCode: number; readonly message: string };
  readonly pruned: { readonly ImagesDeleted: readonly { readonly Deleted?: string }[] };
  readonly events: readonly string[];
}

clientTest(
  'dockerode lists, pulls, inspects, tags, pushes, saves, loads, removes and listens',
  'dockerode',
  async () => {
    const registry = await filledRegistry();
    const reference = registry.reference('team/hello:1');
    const target = registry.reference('team/copy:new').replace(/:new$/, '');
    const found = await use<Dockerode>('use-dockerode.mjs', reference, target);
    assert.deepEqual([found.ApiVersion, found.OSType, found.ping], ['1.51', 'linux', 'OK']);
    const statuses = found.pulled.map(({ status }) => status);
    assert.ok(statuses.includes('Pull complete'), JSON.stringify(found.pulled));
    assert.equal(statuses.at(-1), `Status: Downloaded newer image for ${reference}`);
    assert.deepEqual([found.id, found.pulledTags], [ID, [reference]]);
    assert.equal(found.history[0]?.Id, ID);
    assert.deepEqual(found.pushed.find(({ aux }) => aux !== undefined)?.aux?.Tag, 'new');
    assert.deepEqual(
      found.listed.map(({ Id, RepoTags }) => [Id, RepoTags.includes(`${target}:new`)]),
      [[ID, true]],
    );
    assert.ok(found.archive > 0);
    assert.ok(found.removed.some(({ Deleted }) => Deleted === ID));
    assert.equal(found.missing.statusCode, 404);
    assert.match(found.missing.message, /No such image/);
    assert.equal(found.loaded.at(-1)?.stream, `Loaded image: ${target}:new\n`);
    assert.equal(found.unpullable.statusCode, 404);
    assert.ok(found.pruned.ImagesDeleted.some(({ Deleted }) => Deleted === ID));
    const wanted = ['pull', 'tag', 'push', 'save', 'untag', 'delete', 'load', 'prune'];
    assert.deepEqual(
      wanted.filter((action) => !found.events.includes(action)),
      [],
      found.events.join(' '),
    );
  },
);

interface Testcontainers {
  readonly engine: { readonly operatingSystemType: string; readonly serverVersion: string };
  readonly before: boolean;
  readonly after: boolean;
  readonly inspected: { readonly Id: string; readonly Architecture: string };
  readonly refused: string;
}

clientTest('testcontainers finds the engine, and pulls and inspects', 'testcontainers', async () => {
  const registry = await filledRegistry();
  const references = [registry.reference('team/hello:1'), registry.reference('team/nosuch:1')];
  const found = await use<Testcontainers>('use-testcontainers.mjs', ...references);
  assert.equal(found.engine.operatingSystemType, 'linux');
  assert.deepEqual([found.before, found.after], [false, true]);
  assert.deepEqual([found.inspected.Id, found.inspected.Architecture], [ID, 'amd64']);
  assert.match(found.refused, /HTTP code 404/);
});
