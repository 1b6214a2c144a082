import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildImage, buildIndex, helloImage, type ImageOptions, type TestGraph } from 'dray/testing';
import { type DockerRegistry, pushGraph, startDockerRegistry } from './docker-registry.ts';
import { layout, peerTest } from './peers.ts';
import { COMMAND, createUser, makeFolder, run } from './run.ts';
import { freePort, isListening, startService } from './service.ts';

const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

/** `dray serve` on a port of 127.0.0.1, with a folder of its own. */
async function startDrayServe(): Promise<string> {
  const port = await freePort();
  const words = [COMMAND, 'serve', '--port', String(port), '--data', join(makeFolder(), 'data')];
  await startService(process.execPath, words, () => isListening(port));
  return `127.0.0.1:${port}`;
}

function docker(
  history: readonly object[],
  more: object = {},
  layers: ImageOptions['layers'] = [layer('a')],
): TestGraph {
  return buildImage({ flavour: 'docker', layers, editConfig: (config) => ({ ...config, history, ...more }) });
}

const layer = (name: string): { files: { name: string; content: string }[] } => ({ files: [{ name, content: name }] });
const CREATED = '2024-02-03T04:05:06Z';
const step = { created: CREATED, created_by: '/bin/sh -c #(nop) ADD file:1 in / ' };

/** Whatever is peculiar about how docker's registry writes schema1. */
const IMAGES: Readonly<Record<string, TestGraph>> = {
  hello: helloImage('amd64', { flavour: 'docker' }),
  'steps-without-layers': docker(
    [step, { ...step, empty_layer: true }, { ...step, author: 'me', comment: 'then' }, { ...step, empty_layer: true }],
    {},
    [layer('a'), layer('b')],
  ),
  'nothing-but-steps': docker([{ ...step, empty_layer: true }], {}, []),
  times: docker(
    [
      '2024-02-03T04:05:06.120Z',
      '2024-02-03T04:05:06.000000000Z',
      '2024-02-03T04:05:06.123456789+02:00',
      '2024-02-03T04:05:06+00:00',
      undefined,
    ].map((created, at) => ({ created, created_by: `${at}`, ...(at > 0 && { empty_layer: true }) })),
  ),
  markup: docker([{ ...step, created_by: 'a && b < c > d \u2028 \u2029 "quoted" \\ \t\n é 漢 🐳 \u007f' }, step], {}, [
    layer('a'),
    layer('b'),
  ]),
  words: docker([{ created: CREATED }, { ...step, created_by: '' }], { author: 'a <me@example.com>', comment: '' }, [
    layer('a'),
    layer('b'),
  ]),
  values: docker([step], {
    zebra: { b: [1, 2.5, null, true], a: '<&>' },
    'Ü <key>': 1,
    container_config: null,
    parent: 'another',
    throwaway: false,
    config: { Env: ['A=1'], Cmd: null, Labels: { 'a&b': '<c>' } },
  }),
  'no-architecture': docker([step], { architecture: undefined }),
  'fewer-steps': docker([step], {}, [layer('a'), layer('b')]),
};

interface Schema1Answer {
  readonly digest: string | null;
  readonly etag: string | null;
  readonly length: string | null;
  /** Without what differs by the key and the time. */
  readonly text: string;
}

async function schema1Of(host: string, reference: string): Promise<Schema1Answer> {
  const [name, tag] = reference.split(':');
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { headers: { accept: '*/*' } });
  const text = await answer.text();
  assert.equal(answer.headers.get('content-type'), SIGNED, `${host} ${reference}: ${text}`);
  const { headers } = answer;
  const [digest, etag, length] = ['docker-content-digest', 'etag', 'content-length'].map((each) => headers.get(each));
  return {
    digest: digest ?? null,
    etag: etag ?? null,
    length: length ?? null,
    text: text.replace(/("(?:kid|x|y|signature|protected)": ")[^"]+/g, '$1'),
  };
}

peerTest('signed schema1: what docker-registry makes of the same images', ['docker-registry'], async () => {
  const registry = await startDockerRegistry();
  const host = await startDrayServe();
  const list = buildIndex([helloImage('arm64', { flavour: 'docker' }), helloImage('amd64', { flavour: 'docker' })], {
    flavour: 'docker',
  });
  for (const [name, graph] of Object.entries({ ...IMAGES, list })) {
    const reference = `old/${name}:1`;
    await registry.push(reference, graph);
    await pushGraph(`http://${host}`, reference, { graph, headers: {} });
    assert.deepEqual(await schema1Of(host, reference), await schema1Of(registry.host, reference), name);
  }
});

peerTest('signed schema1: real images', ['docker-registry', 'skopeo', 'oci-many', 'oci-busybox'], async () => {
  const registry: DockerRegistry = await startDockerRegistry();
  const host = await startDrayServe();
  for (const name of ['many', 'busybox']) {
    const reference = `old/${name}:1`;
    for (const target of [registry.host, host]) {
      const copy = ['copy', '-q', '--format=v2s2', '--dest-tls-verify=false'];
      await run('skopeo', [...copy, `oci:${layout(name)}`, `docker://${target}/${reference}`]);
    }
    assert.deepEqual(await schema1Of(host, reference), await schema1Of(registry.host, reference), name);
  }
});

peerTest('signed schema1: each takes what the other one signed', ['docker-registry'], async () => {
  const registry = await startDockerRegistry();
  const host = await startDrayServe();
  const reference = 'old/hello:1';
  await registry.push(reference, helloImage('amd64', { flavour: 'docker' }));
  await pushGraph(`http://${host}`, reference, { graph: helloImage('amd64', { flavour: 'docker' }), headers: {} });
  const { digest } = await schema1Of(host, reference);
  for (const [from, to] of [
    [host, registry.host],
    [registry.host, host],
  ]) {
    const body = await (await fetch(`http://${from}/v2/old/hello/manifests/1`)).text();
    const headers = { 'content-type': SIGNED };
    const answer = await fetch(`http://${to}/v2/old/hello/manifests/signed`, { method: 'PUT', headers, body });
    assert.deepEqual([answer.status, answer.headers.get('docker-content-digest')], [201, digest], await answer.text());
    assert.equal((await schema1Of(to ?? '', 'old/hello:signed')).digest, digest);
  }
});

peerTest('signed schema1: dray pulls it from itself', [], async () => {
  const host = await startDrayServe();
  const image = helloImage('amd64', { flavour: 'docker' });
  await pushGraph(`http://${host}`, 'old/hello:1', { graph: image, headers: {} });
  const body = await (await fetch(`http://${host}/v2/old/hello/manifests/1`)).text();
  const path = `http://${host}/v2/old/hello/manifests/signed`;
  assert.equal((await fetch(path, { method: 'PUT', headers: { 'content-type': SIGNED }, body })).status, 201);
  const { dray } = createUser();
  await dray(['pull', '-o', 'image.tar', `${host}/old/hello:signed`]);
  assert.match(await dray(['images', '--format', '{{.Repository}}:{{.Tag}}']), /old\/hello:signed/);
});
