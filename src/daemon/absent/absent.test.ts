import assert from 'node:assert/strict';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { buildArtifact, buildImage } from '#testing';
import { startTestEngine, type TestEngine } from '../engine.test.fixture.ts';
import { keep, messageOf } from '../look/kept.test.fixture.ts';

const SWARM =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const NO_CONTAINER = 'No such container: nosuch';

// as dockerd answered them, but for what is not implemented
const ANSWERS: readonly (readonly [request: string, status: number, answer: unknown])[] = [
  ['GET /containers/json', 200, []],
  ['GET /containers/json?all=1&limit=3&filters=%7B%22name%22%3A%7B%22main%22%3Atrue%7D%7D', 200, []],
  ['GET /containers/json?filters=x', 400, 'invalid filter'],
  ['GET /containers/json?filters=%7B%22nosuch%22%3A%7B%22x%22%3Atrue%7D%7D', 400, "invalid filter 'nosuch'"],
  ['GET /volumes?filters=%7B%22nosuch%22%3A%7B%22x%22%3Atrue%7D%7D', 400, "invalid filter 'nosuch'"],
  ['GET /networks?filters=%7B%22nosuch%22%3A%7B%22x%22%3Atrue%7D%7D', 400, "invalid filter 'nosuch'"],
  ['GET /containers/nosuch/json', 404, NO_CONTAINER],
  ['GET /containers/localhost:5000/hello:0.1/json', 404, 'No such container: localhost:5000/hello:0.1'],
  ['GET /containers/%1b%5b2J/json', 404, 'No such container:  [2J'],
  ['GET /containers/nosuch/logs?stdout=1', 404, NO_CONTAINER],
  ['GET /containers/nosuch/top', 404, NO_CONTAINER],
  ['GET /containers/nosuch/stats', 404, NO_CONTAINER],
  ['GET /containers/nosuch/changes', 404, NO_CONTAINER],
  ['GET /containers/nosuch/export', 404, NO_CONTAINER],
  ['GET /containers/nosuch/archive?path=/x', 404, NO_CONTAINER],
  ['PUT /containers/nosuch/archive?path=/x', 404, NO_CONTAINER],
  ['POST /containers/nosuch/start', 404, NO_CONTAINER],
  ['POST /containers/nosuch/wait?condition=removed', 404, NO_CONTAINER],
  ['POST /containers/nosuch/attach?stream=1', 404, NO_CONTAINER],
  ['POST /containers/nosuch/kill', 404, `cannot kill container: nosuch: ${NO_CONTAINER}`],
  ['DELETE /containers/nosuch?force=1', 404, NO_CONTAINER],
  ['POST /containers/prune', 200, { ContainersDeleted: null, SpaceReclaimed: 0 }],
  ['POST /containers/prune?filters=%7B%22nosuch%22%3A%7B%22x%22%3Atrue%7D%7D', 400, "invalid filter 'nosuch'"],
  ['GET /exec/nosuch/json', 404, 'No such exec instance: nosuch'],
  ['POST /commit?container=nosuch', 404, NO_CONTAINER],
  ['GET /networks', 200, []],
  ['GET /networks/nosuch', 404, 'network nosuch not found'],
  ['DELETE /networks/nosuch', 404, 'network nosuch not found'],
  ['POST /networks/create', 501, 'creating networks is not implemented by this engine'],
  ['POST /networks/prune', 200, { NetworksDeleted: null }],
  ['GET /volumes', 200, { Volumes: [], Warnings: null }],
  ['GET /volumes/nosuch', 404, 'get nosuch: no such volume'],
  ['DELETE /volumes/nosuch', 404, 'get nosuch: no such volume'],
  ['POST /volumes/prune', 200, { VolumesDeleted: null, SpaceReclaimed: 0 }],
  ['GET /plugins', 200, []],
  ['GET /plugins/nosuch/json', 404, 'plugin "nosuch" not found'],
  ['DELETE /plugins/nosuch', 404, 'plugin "nosuch" not found'],
  ['GET /swarm', 503, SWARM],
  ['GET /nodes', 503, SWARM],
  ['GET /nodes/x', 503, SWARM],
  ['POST /services/create', 503, SWARM],
  ['GET /tasks', 503, SWARM],
  ['DELETE /secrets/x', 503, SWARM],
  ['POST /swarm/leave?force=1', 503, 'This node is not part of a swarm'],
  ['POST /build/prune?filters=', 200, { CachesDeleted: null, SpaceReclaimed: 0 }],
  ['POST /build?t=x&version=1', 501, 'building images is not implemented by this engine'],
  ['POST /session', 501, 'building images is not implemented by this engine'],
  ['POST /grpc', 501, 'building images is not implemented by this engine'],
  ['GET /containers/nosuch', 404, 'page not found'],
];

test('of what there is none, docker’s words say that there is none', async (t) => {
  const engine = await startTestEngine(t);
  for (const [request, status, expected] of ANSWERS) {
    const [method = '', path = ''] = request.split(' ');
    const answer = await engine.ask(method, `/v1.51${path}`);
    assert.equal(answer.status, status, request);
    assert.deepEqual(typeof expected === 'string' ? messageOf(answer) : answer.json(), expected, request);
  }
  const head = await engine.ask('HEAD', '/containers/nosuch/archive?path=/x');
  assert.deepEqual([head.status, head.text], [404, '']);
  assert.equal((await engine.ask('DELETE', '/volumes/nosuch?force=1')).status, 204);
});

const JSON_TYPE = { 'content-type': 'application/json' };

const CREATED: readonly (readonly [body: string, status: number, message: RegExp])[] = [
  ['{"Image":"nosuch","HostConfig":{}}', 404, /^No such image: nosuch:latest$/],
  ['{"Image":"one:1"}', 501, /^running containers is not implemented by this engine$/],
  ['{"Image":"sbom:1"}', 501, /^running containers is not implemented by this engine$/],
  ['{"Image":"UPPER"}', 400, /^invalid reference format: repository name/],
  ['{"Image":"oci:/etc"}', 400, /^invalid reference format/],
  ['{"Image":"./x"}', 400, /^invalid reference format/],
  ['{"Image":"docker://localhost/x"}', 400, /^invalid reference format/],
  ['', 400, /^invalid JSON: got EOF while reading request body$/],
  ['{}', 400, /^config cannot be empty in order to create a container$/],
  ['{"Image":7}', 400, /^config cannot be empty/],
  ['{', 400, /^invalid JSON/],
  ['[]', 400, /^invalid JSON/],
  ['null', 400, /^invalid JSON/],
  ['{}{}', 400, /^invalid JSON/],
  [`{"x":"${'x'.repeat(5 * 2 ** 20)}"}`, 413, /too large/],
];

test('a container is created of no image that is not here: docker pulls it then', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, 'docker.io/library/one:1', buildImage({ layers: [] }));
  await keep(engine, 'docker.io/library/sbom:1', buildArtifact({ artifactType: 'text/x' }));
  for (const [body, status, message] of CREATED) {
    const answer = await engine.ask('POST', '/v1.51/containers/create?name=x', { headers: JSON_TYPE, body });
    assert.equal(answer.status, status, `${body.slice(0, 50)}: ${answer.text}`);
    assert.match(messageOf(answer), message, body.slice(0, 50));
  }
  const text = await engine.ask('POST', '/containers/create', {
    headers: { 'content-type': 'text/plain' },
    body: '{}',
  });
  assert.equal(messageOf(text), "unsupported Content-Type header (text/plain): must be 'application/json'");
  const platform = await engine.ask('POST', '/containers/create?platform=linux/s390x', {
    headers: JSON_TYPE,
    body: '{"Image":"one:1"}',
  });
  assert.equal(platform.status, 404);
});

test('the whole of a build’s context is taken before it is refused', async (t) => {
  const engine = await startTestEngine(t);
  let sent = 0;
  async function* context(): AsyncGenerator<Uint8Array> {
    for (; sent < 200; sent += 1) yield Buffer.alloc(65_536);
  }
  const answer = await engine.ask('POST', '/build', {
    headers: { 'content-type': 'application/x-tar' },
    body: context(),
  });
  assert.deepEqual([answer.status, sent], [501, 200]);
});

/** A connection that has become one of HTTP/2, as builders ask for it. */
async function upgraded({ socket: path }: TestEngine, target: string): Promise<Socket> {
  const socket = connect({ path });
  socket.write(
    `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n`,
  );
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const byte = socket.read(1) as Buffer | null;
    if (byte === null) await new Promise((resolve) => socket.once('readable', resolve));
    else head += byte.toString('latin1');
  }
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  return socket;
}

test('BuildKit’s protocol is spoken, to say that nothing is built and nothing left', async (t) => {
  const engine = await startTestEngine(t);
  const socket = await upgraded(engine, '/grpc');
  const session = connectHttp2('http://localhost', { createConnection: () => socket });
  t.after(() => session.destroy());
  const call = async (method: string): Promise<{ status: unknown; message: unknown; body: string }> => {
    const stream = session.request({ ':method': 'POST', ':path': `/moby.buildkit.v1.Control/${method}` });
    let head: IncomingHttpHeaders = {};
    stream.on('response', (headers) => (head = { ...head, ...headers }));
    stream.on('trailers', (headers) => (head = { ...head, ...headers }));
    let body = '';
    for await (const chunk of stream) body += (chunk as Buffer).toString('hex');
    return { status: head['grpc-status'], message: head['grpc-message'], body };
  };
  const message = 'building%20images%20is%20not%20implemented%20by%20this%20engine';
  assert.deepEqual(await call('ListWorkers'), { status: '12', message, body: '' });
  assert.deepEqual(await call('Prune'), { status: '0', message: undefined, body: '' });
  assert.deepEqual(await call('DiskUsage'), { status: '0', message: undefined, body: '0000000000' });
});

test('the session of a build by an old docker ends with nothing asked', { timeout: 10_000 }, async (t) => {
  const socket = await upgraded(await startTestEngine(t), '/session');
  for await (const bytes of socket) assert.fail(`asked ${String(bytes)}`);
});

test('another upgrade is passed over, and the body is taken as ever', async (t) => {
  const engine = await startTestEngine(t);
  const headers = { ...JSON_TYPE, connection: 'Upgrade', upgrade: 'tcp' };
  const body = '{"Image":"nosuch"}';
  const whole = await engine.ask('POST', '/containers/create', { headers, body });
  assert.equal(messageOf(whole), 'No such image: nosuch:latest');
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const byte of Buffer.from(body)) yield Buffer.of(byte);
  }
  const chunked = await engine.ask('POST', '/containers/create', { headers, body: chunks() });
  assert.equal(messageOf(chunked), 'No such image: nosuch:latest');
  const origin = { connection: 'Upgrade', upgrade: 'h2c', origin: 'http://evil.example' };
  assert.equal((await engine.ask('POST', '/grpc', { headers: origin })).status, 403);
});

test('a client that is in a container itself is told where the machine is', async (t) => {
  const engine = await startTestEngine(t);
  const bridge = (await engine.ask('GET', '/networks/bridge')).json() as {
    readonly IPAM: { readonly Config: unknown };
  };
  assert.deepEqual(bridge.IPAM.Config, [{ Subnet: '127.0.0.0/8', Gateway: '127.0.0.1' }]);
});
