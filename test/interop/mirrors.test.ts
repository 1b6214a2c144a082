import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helloImage } from 'dray/testing';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { peerTest } from './peers.ts';
import { createUser, run } from './run.ts';

const GRAPH = helloImage('amd64');
const DIGEST = `${GRAPH.root.digest}\n`;

let shared: Promise<DockerRegistry> | undefined;

/** What docker.io and others would have, under the names they have there. */
async function filledMirror(): Promise<DockerRegistry> {
  const registry = await startDockerRegistry();
  await registry.push('library/hello:1', GRAPH);
  await registry.push('team/app:1', GRAPH);
  return registry;
}

async function start(): Promise<string> {
  shared ??= filledMirror();
  return `http://${(await shared).host}`;
}

peerTest('--mirror gives what docker.io has, under its names', ['docker-registry', 'skopeo'], async () => {
  const url = await start();
  const { dray, home } = createUser();
  const said = await dray(['pull', '--mirror', url, '-o', 'hello.tar', 'hello:1']);
  assert.match(said, /^1: Pulling from library\/hello\n/);
  assert.match(said, /\nStatus: Downloaded newer image for hello:1\ndocker\.io\/library\/hello:1\n$/);
  const [entry] = JSON.parse(await run('tar', ['-xOf', join(home, 'hello.tar'), 'manifest.json'])) as {
    readonly RepoTags: readonly string[];
  }[];
  assert.deepEqual(entry?.RepoTags, ['hello:1']);
  await run('skopeo', ['inspect', `docker-archive:${join(home, 'hello.tar')}:docker.io/library/hello:1`]);
  assert.equal(await dray(['images', '--format', '{{.Repository}}:{{.Tag}} {{.Digest}}']), `hello:1 ${DIGEST}`);
});

peerTest("dray's settings name mirrors, of one registry and of all", ['docker-registry'], async () => {
  const url = await start();
  const { dray, home } = createUser();
  const set = (mirrors: Readonly<Record<string, readonly string[]>>): void => {
    mkdirSync(join(home, '.config/dray'), { recursive: true });
    writeFileSync(join(home, '.config/dray/config.json'), JSON.stringify({ mirrors }));
  };
  set({ 'docker.io': [url] });
  assert.equal(await dray(['digest', 'hello:1']), DIGEST);
  assert.equal(await dray(['tags', 'team/app']), '1\n');
  set({ 'registry.test': ['http://127.0.0.1:1', url] });
  assert.equal(await dray(['digest', 'registry.test/team/app:1']), DIGEST);
  set({ '*': [url] });
  assert.equal(await dray(['digest', 'other.test/team/app:1']), DIGEST);
});

peerTest('a mirror that lacks the image, or is not there, is passed over', ['docker-registry'], async () => {
  const url = await start();
  const registry = await startDockerRegistry();
  await registry.push('only/here:1', GRAPH);
  const { dray, tryDray } = createUser();
  for (const mirror of [url, 'http://127.0.0.1:1']) {
    assert.equal(await dray(['digest', '--mirror', mirror, `${registry.host}/only/here:1`]), DIGEST);
  }
  const { status, stderr } = await tryDray(['digest', '--mirror', url, `${registry.host}/no/where:1`]);
  assert.notEqual(status, 0);
  assert.match(stderr, new RegExp(`asked in this order: ${url} .*${registry.host}`));
});
