import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { ARCHIVE_SHAPES, buildImage, type LayerFile, tarOf } from 'dray/testing';
import { type Ended, finish } from '../interop/run.ts';
import { besieged, checkMessages, checkText } from './besieged-engine.ts';

const engine = besieged();
/** Red, a title for the window, a bell, the cursor to the top, text from right to left, and a second line. */
const EVIL = 'a\u001b[31mb\u001b]0;owned\u0007c\u001b[Hd\u202ee\nf\u009b2Jg';
const image = buildImage({
  config: { Labels: { [EVIL]: EVIL }, Cmd: [EVIL], Env: [`A=${EVIL}`], User: EVIL },
  editConfig: (config) => ({
    ...config,
    author: EVIL,
    comment: EVIL,
    architecture: 'amd64',
    history: [{ created: '2026-01-01T00:00:00Z', created_by: EVIL, comment: EVIL }],
  }),
});

function archive(names: readonly string[]): Uint8Array {
  return ARCHIVE_SHAPES['skopeo and podman']?.([{ image, names }]) ?? new Uint8Array();
}

it('an image whose data command a terminal is told as data', async () => {
  const loaded = await engine.ask('POST', '/images/load', { body: archive(['evil:1']) });
  assert.equal(loaded.status, 200);
  checkMessages(loaded.body, 'load');
  for (const path of [
    '/images/evil:1/json',
    '/images/evil:1/history',
    '/images/json',
    '/system/df',
    '/events?since=10&until=99999999999',
  ]) {
    // Events wait for their end.
    const { status, body } = await engine.ask(
      'GET',
      path.startsWith('/events') ? `/events?since=10&until=${Math.floor(Date.now() / 1000)}` : path,
    );
    assert.equal(status, 200, path);
    checkText(body, path);
    if (!path.startsWith('/events')) assert.ok(JSON.parse(body) !== undefined);
  }
  const { body } = await engine.ask('GET', '/images/evil:1/json');
  assert.equal((JSON.parse(body) as { readonly Comment: string }).Comment, EVIL);
  for (const filter of [{ label: { [EVIL]: true } }, { label: { [`${EVIL}=${EVIL}`]: true } }]) {
    const listed = await engine.ask('GET', `/images/json?filters=${encodeURIComponent(JSON.stringify(filter))}`);
    assert.equal((JSON.parse(listed.body) as readonly unknown[]).length, 1);
  }
  assert.equal((await engine.ask('DELETE', '/images/evil:1')).status, 200);
});

it('names that command a terminal are refused, and told printable', async () => {
  const tables: readonly (readonly LayerFile[])[] = [EVIL, `${EVIL}:1`, `x:${EVIL}`, '../x:1', `x:1\u0000y`].map(
    (name) => [
      { name: 'manifest.json', content: JSON.stringify([{ Config: 'c.json', RepoTags: [name], Layers: [] }]) },
      {
        name: 'c.json',
        content: '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}',
      },
    ],
  );
  const odd: readonly (readonly LayerFile[])[] = [
    [{ name: 'manifest.json', content: JSON.stringify([{ Config: EVIL, RepoTags: ['x:1'], Layers: [EVIL] }]) }],
    [{ name: EVIL, content: 'x' }],
    [{ name: 'manifest.json', content: EVIL }],
    [
      { name: 'oci-layout', content: EVIL },
      { name: 'index.json', content: EVIL },
    ],
  ];
  for (const files of [...tables, ...odd]) {
    const { body } = await engine.ask('POST', '/images/load', { body: tarOf(files) });
    checkText(body, 'load');
    checkMessages(body, 'load');
    assert.match(body, /"errorDetail"|"message"/, JSON.stringify(files[0]?.content));
  }
  const listed = await engine.ask('GET', '/images/json');
  assert.doesNotMatch(listed.body, /\\u001b|owned/);
});

it('a registry that commands a terminal is told printable', async () => {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/v2/') response.end('{}');
    else if (path.includes('/tags/list')) response.end(JSON.stringify({ name: EVIL, tags: [EVIL, 'x'] }));
    else if (path.includes('/v1/search')) response.writeHead(403).end(EVIL);
    else {
      response.writeHead(path.includes('bad') ? 200 : 404, {
        'content-type': `application/vnd.oci.image.manifest.v1+json`,
      });
      response.end(
        path.includes('bad') ? EVIL : JSON.stringify({ errors: [{ code: EVIL, message: EVIL, detail: EVIL }] }),
      );
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  for (const [method, path] of [
    ['POST', `/images/create?fromImage=${host}/x&tag=1`],
    ['POST', `/images/create?fromImage=${host}/bad&tag=1`],
    ['POST', `/images/create?fromImage=${host}/x`],
    ['GET', `/distribution/${host}/x:1/json`],
    ['GET', `/distribution/${host}/bad:1/json`],
    ['GET', `/images/search?term=${host}/x`],
    ['POST', `/images/${host}/canary/push?tag=1`],
  ] as const) {
    if (path.endsWith('push?tag=1')) await engine.ask('POST', `/images/canary:1/tag?repo=${host}/canary&tag=1`);
    const { head, body } = await engine.ask(method, path, { headers: { 'x-registry-auth': 'e30=' } });
    checkText(`${head}${body}`, path);
    checkMessages(body, path);
    assert.match(body, /"message"/, path);
  }
  server.close().closeAllConnections();
  await engine.ask('DELETE', `/images/${host}/canary:1`);
});

const hasDocker = await finish('docker', ['--version']).then(
  ({ status }) => status === 0,
  () => false,
);

it('docker itself shows no commands of an image that it lists', {
  skip: hasDocker ? false : 'not here: docker',
}, async () => {
  assert.equal((await engine.ask('POST', '/images/load', { body: archive(['evil:1']) })).status, 200);
  const docker = (...args: readonly string[]): Promise<Ended> =>
    finish('docker', args, { env: { DOCKER_HOST: engine.engine.host } });
  for (const args of [
    ['images'],
    ['images', '--digests', '--no-trunc'],
    ['inspect', 'evil:1'],
    ['rmi', 'evil:1'],
    ['inspect', `x${EVIL.replaceAll('\n', '')}`],
    ['rmi', 'nosuch\u001b[31m'],
  ]) {
    const { stdout, stderr } = await docker(...args);
    // What was typed itself may come back.
    checkText(stdout.toString().replaceAll(args.at(-1) ?? '', ''), args.join(' '));
    checkText(stderr.replaceAll(args.at(-1) ?? '', ''), args.join(' '));
  }
});
