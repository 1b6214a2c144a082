import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, helloImage, startCountingProxy } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { pushGraph, sha256 } from './docker-registry.ts';
import { type DrayServe, startDrayServe } from './dray-serve.ts';
import { layoutOf } from './layout-of.ts';
import { peerTest } from './peers.ts';
import { finish, makeFolder, run } from './run.ts';

const SLOW = ['-sS', '-X', 'PATCH', '--limit-rate', '2M'];
const SCHEMA2 = 'application/vnd.docker.distribution.manifest.v2+json';
const EMPTY_LAYER = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';

let shared: Promise<DrayServe> | undefined;
const start = (): Promise<DrayServe> => (shared ??= startDrayServe());

const curl = (...args: readonly string[]): Promise<string> => run('curl', ['-sS', ...args]);

/** The head of the last answer (after a 100): names as they are written. */
async function head(...args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const text = await curl('-D', '-', '-o', '/dev/null', ...args);
  const [status = '', ...fields] = text.trimEnd().split('\r\n\r\n').at(-1)?.split('\r\n') ?? [];
  return new Map([
    ['status', status.split(' ')[1] ?? ''],
    ...fields.map((line) => line.split(': ') as [string, string]),
  ]);
}

peerTest('curl looks at a registry', ['curl'], async () => {
  const { url } = await start();
  const step = { created: '2024-01-01T00:00:00Z', created_by: 'CMD ["/hello"]' };
  const history = [step, { ...step, empty_layer: true }];
  const image = buildImage({ flavour: 'docker', editConfig: (config) => ({ ...config, history }) });
  for (const name of ['hello:latest', 'hello:0.1', 'main:0.1']) {
    await pushGraph(url, name, { graph: image, headers: {} });
  }
  assert.equal((await curl(`${url}/v2/`)).trim(), '{}');
  assert.equal((await curl(`${url}/v2/_catalog`)).trim(), '{"repositories":["hello","main"]}');
  assert.equal((await curl(`${url}/v2/hello/tags/list`)).trim(), '{"name":"hello","tags":["0.1","latest"]}');

  const manifest = `${url}/v2/hello/manifests/latest`;
  const old = JSON.parse(await curl(manifest)) as { schemaVersion: number; fsLayers: { blobSum: string }[] };
  assert.equal(old.schemaVersion, 1);
  assert.deepEqual(
    old.fsLayers.map(({ blobSum }) => blobSum),
    [EMPTY_LAYER, image.layers[0]?.digest],
  );
  const bytes = Buffer.from(image.blobs.get(image.root.digest) ?? []);
  for (const base of [url, `${url}/link/to/docker/registry`]) {
    const place = `${base}/v2/hello/manifests/latest`;
    assert.equal(await curl('-H', `Accept: ${SCHEMA2}`, place), bytes.toString());
    const fields = Object.fromEntries(await head('-H', `Accept: ${SCHEMA2}`, '-H', 'header_if_needed: 1', place));
    for (const own of ['Date', 'Connection', 'Keep-Alive']) delete fields[own];
    assert.deepEqual(fields, {
      status: '200',
      'Content-Type': SCHEMA2,
      'Docker-Content-Digest': image.root.digest,
      Etag: `"${image.root.digest}"`,
      'Docker-Distribution-Api-Version': 'registry/2.0',
      'X-Content-Type-Options': 'nosniff',
      'Content-Length': String(bytes.length),
    });
  }
  // What comes back is a layer: `file firstLayer`.
  const folder = makeFolder();
  const layer = join(folder, 'firstLayer');
  await curl('-o', layer, `${url}/v2/hello/blobs/${image.layers[0]?.digest}`);
  assert.equal(sha256(readFileSync(layer)), image.layers[0]?.digest);
  assert.equal(await run('tar', ['-tzf', layer]), 'hello.txt\n');
  assert.equal((await head('-X', 'HEAD', '-I', manifest)).get('status'), '200');
});

/** Pulls as a load test did: the layers' names come from the manifest by a pattern, without a JSON parser. */
const PULL = `
set -eu
mkdir -p "$1"
curl -sSf "$2/v2/$3/manifests/$4" | grep -oE '"blobSum" ?: ?"[^"]+"' | grep -oE 'sha256:[0-9a-f]{64}' | tac | while read -r layer; do
  curl -sSf "$2/v2/$3/blobs/$layer" -o "$1/$layer.tar"
  tar -xf "$1/$layer.tar" -C "$1"
  rm "$1/$layer.tar"
done
`;

/** Pushes what \`docker save\` wrote, as it did: each blob gets an upload of its own, whose name is in a header. */
const PUSH = `
set -eu
cd "$1"
send() {
  uuid=$(curl -sS -X POST -I "$2/v2/$3/blobs/uploads/" | tr -d '\\r' | sed -n 's/^Docker-Upload-Uuid: //p')
  digest=sha256:$(sha256sum "$1" | cut -d ' ' -f 1)
  place=$2/v2/$3/blobs/uploads/$uuid
  if [ "$4" = chunked ]; then
    curl -sSf -X PATCH -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$place"
    curl -sSf -X PUT -H 'Content-Length: 0' "$place?digest=$digest"
  else
    curl -sSf -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$place?digest=$digest"
  fi
}
describe() { printf '{"mediaType":"%s","size":%s,"digest":"sha256:%s"}' "$2" "$(wc -c < "$1")" "$(sha256sum "$1" | cut -d ' ' -f 1)"; }
config=$(grep -oE '"Config":"[^"]+"' manifest.json | cut -d '"' -f 4)
layers=$(grep -oE '"Layers":\\[[^]]+\\]' manifest.json | grep -oE '"[^",]+"' | tail -n +2 | tr -d '"')
entries=
for layer in $layers; do
  send "$layer" "$2" "$3" "$5"
  entries=$entries\${entries:+,}$(describe "$layer" application/vnd.docker.image.rootfs.diff.tar)
done
send "$config" "$2" "$3" "$5"
printf '{"schemaVersion":2,"mediaType":"${SCHEMA2}","config":%s,"layers":[%s]}' \\
  "$(describe "$config" application/vnd.docker.container.image.v1+json)" "$entries" > pushed.json
curl -sSf -X PUT -H 'Content-Type: ${SCHEMA2}' --data-binary @pushed.json "$2/v2/$3/manifests/$4"
`;

peerTest('a script pushes with curl, another one pulls', ['curl', 'skopeo'], async () => {
  const { url, host } = await start();
  const folder = makeFolder();
  const saved = join(folder, 'saved');
  mkdirSync(saved);
  const source = layoutOf(helloImage('amd64', { flavour: 'docker' }));
  await run('skopeo', ['copy', '-q', `oci:${source}`, `docker-archive:${folder}/savedArch:hello:1`]);
  await run('tar', ['-xf', join(folder, 'savedArch'), '-C', saved]);
  for (const way of ['chunked', 'monolithic']) {
    for (const [base, name] of [
      [url, `script/${way}`],
      [`${url}/link/to/docker/registry`, `script/${way}-below`],
    ] as const) {
      await run('sh', ['-c', PUSH, 'push', saved, base, name, '1.0', way]);
      const image = ['--src-tls-verify=false', `docker://${host}/${name}:1.0`];
      await run('skopeo', ['copy', '-q', ...image, `docker-archive:${makeFolder()}/back.tar`]);
      const target = join(folder, name);
      mkdirSync(target, { recursive: true });
      await run('sh', ['-c', PULL, 'pull', target, base, name, '1.0']);
      assert.deepEqual(readdirSync(target), ['hello']);
    }
  }
});

peerTest('curl sends a blob in pieces, and goes on with one that was cut', ['curl'], async () => {
  const { url, host } = await start();
  const folder = makeFolder();
  const content = randomBytes(3_000_000);
  const digest = sha256(content);
  const piece = (from: number, to: number): string => {
    const file = join(folder, `${from}-${to}`);
    writeFileSync(file, content.subarray(from, to));
    return file;
  };
  const begin = async (): Promise<string> =>
    `${url}${(await head('-X', 'POST', `${url}/v2/pieces/blobs/uploads/`)).get('Location')}`;
  const patch = (place: string, from: number, to: number): Promise<ReadonlyMap<string, string>> =>
    head(
      ...['-X', 'PATCH', '-H', `Content-Range: ${from}-${to - 1}`, '-H', 'Content-Type: application/octet-stream'],
      ...['--data-binary', `@${piece(from, to)}`, place],
    );
  const place = await begin();
  assert.deepEqual(pick(await patch(place, 0, 1_000_000)), ['202', '0-999999']);
  assert.deepEqual(pick(await patch(place, 2_000_000, 3_000_000)), ['416', '0-999999'], 'a piece is missing');
  assert.deepEqual(pick(await patch(place, 1_000_000, 3_000_000)), ['202', '0-2999999']);
  assert.equal((await head('-X', 'PUT', `${place}?digest=sha256:${'0'.repeat(64)}`)).get('status'), '400');

  const proxy = await startCountingProxy(host);
  atEnd(() => proxy.close());
  const cut = await begin();
  const slow = finish('curl', [...SLOW, '-T', piece(0, 3_000_000), cut.replace(host, proxy.host)]);
  while ((proxy.connections[0]?.up ?? 0) < 1_000_000) await sleep(5);
  proxy.cut();
  assert.notEqual((await slow).status, 0);
  // What was under way comes in meanwhile, until the server has seen that the other one is gone.
  const arrived = async (): Promise<number> => {
    const [status, range] = pick(await head(cut));
    assert.equal(status, '204');
    assert.ok(end(range) < content.length, range);
    return end(range);
  };
  let from = await arrived();
  while (from <= 1) from = await arrived();
  let sent = await patch(cut, from, content.length);
  while (['409', '416'].includes(sent.get('status') ?? '')) sent = await patch(cut, await arrived(), content.length);
  assert.deepEqual(pick(sent), ['202', '0-2999999']);
  const done = await head('-X', 'PUT', `${cut}?digest=${digest}`);
  assert.deepEqual([done.get('status'), done.get('Docker-Content-Digest')], ['201', digest]);
  await curl('-o', join(folder, 'back'), '-f', `${url}/v2/pieces/blobs/${digest}`);
  assert.equal(sha256(readFileSync(join(folder, 'back'))), digest);
  await curl('-o', join(folder, 'end'), '-f', '-r', '2999990-', `${url}/v2/pieces/blobs/${digest}`);
  assert.ok(readFileSync(join(folder, 'end')).equals(content.subarray(2_999_990)));
});

/** Where what has arrived ends. */
function end(range: string | undefined): number {
  return Number(/^0-(\d+)$/.exec(range ?? '')?.[1]) + 1;
}

function pick(fields: ReadonlyMap<string, string>): readonly (string | undefined)[] {
  return [fields.get('status'), fields.get('Range')];
}
