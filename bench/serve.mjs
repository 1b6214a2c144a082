// dray serve beside Debian's docker-registry: reads, pushes, lists, start and memory, in one run. Writes bench/serve.md.
//   tools/peers/setup-peers.sh && npm run build && npm ci --prefix tools/node24 && node bench/serve.mjs [SECONDS]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const SECONDS = Number(process.argv[2] ?? 5);
const PEERS = process.env.PEERS ?? '/var/tmp/peers';
const folder = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), 'dray-serve-bench-'));
const node24 = join(root, 'tools/node24/node_modules/node/bin/node');
const TICK = Number(execFileSync('getconf', ['CLK_TCK']));
const TAGS = 10_000;
const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

const dray =
  (node, ...more) =>
  (port, data) => [
    [node, join(root, 'dist/launch.mjs'), 'serve', '-q', '--port', String(port), '--data', data, ...more],
    {},
  ];
const registry = (port, data) => {
  const config = join(folder, `registry-${port}.yml`);
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage:\n  filesystem: { rootdirectory: ${data} }\n  cache: { blobdescriptor: inmemory }\n  delete: { enabled: true }\nhttp: { addr: '127.0.0.1:${port}' }\n`,
  );
  return [[join(PEERS, 'bin', 'docker-registry'), 'serve', config], { OTEL_TRACES_EXPORTER: 'none' }];
};

const SERVERS = [
  ['docker-registry', registry],
  ['dray, Node 24', dray(node24)],
  ['dray --no-sync, Node 24', dray(node24, '--no-sync')],
  ['dray --workers 2, Node 24', dray(node24, '--workers', '2')],
  [`dray, Node ${process.versions.node.split('.')[0]}`, dray(process.execPath)],
];

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function ask(port, method, path, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject).on('close', () => reject(new Error(`${method} ${path}: cut`)));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject).on('close', () => reject(new Error(`${method} ${path}: no answer`)));
    sent.end(body);
  });
}

const sha = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function pushBlob(port, repository, bytes, digest = sha(bytes)) {
  const begun = await ask(port, 'POST', `/v2/${repository}/blobs/uploads/`);
  const { pathname, search } = new URL(begun.headers.location, `http://127.0.0.1:${port}`);
  const path = `${pathname}${search}${search === '' ? '?' : '&'}digest=${digest}`;
  const done = await ask(port, 'PUT', path, { body: bytes, headers: { 'content-type': 'application/octet-stream' } });
  if (done.status !== 201) throw new Error(`push: ${done.status} ${done.body}`);
  return digest;
}

async function pushManifest(port, repository, tag, config) {
  const document = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: config.length, digest: sha(config) },
    layers: [],
  });
  const done = await ask(port, 'PUT', `/v2/${repository}/manifests/${tag}`, {
    body: document,
    headers: { 'content-type': MANIFEST_TYPE },
  });
  if (done.status !== 201) throw new Error(`manifest: ${done.status} ${done.body}`);
}

/** CPU seconds and memory of a process and its children. */
function usage(pid) {
  // ps ends with 1 where there are none
  const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout.split('\n');
  return [pid, ...children.map(Number).filter((each) => each > 0)].reduce(
    (sum, each) => {
      try {
        const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1].split(' ');
        const status = readFileSync(`/proc/${each}/status`, 'utf8');
        const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
        return {
          cpu: sum.cpu + (Number(fields[11]) + Number(fields[12])) / TICK,
          now: Math.max(sum.now, of('VmRSS')),
          peak: Math.max(sum.peak, of('VmHWM')),
        };
      } catch {
        return sum; // it has ended
      }
    },
    { cpu: 0, now: 0, peak: 0 },
  );
}

async function started(command, env, port) {
  const before = performance.now();
  const server = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: 'ignore' });
  for (;;) {
    try {
      const { status } = await ask(port, 'GET', '/v2/');
      if (status === 200) return { server, took: performance.now() - before };
    } catch {
      await new Promise((done) => setTimeout(done, 1));
    }
    if (server.exitCode !== null) throw new Error(`${command.join(' ')}: exit ${server.exitCode}`);
  }
}

/** Requests per second, CPU microseconds of the server for each, and the 99th percentile. */
function wrk({ pid, port }, path, headers = []) {
  const before = usage(pid).cpu;
  const text = execFileSync(
    'wrk',
    ['-t1', '-c64', `-d${SECONDS}s`, '--latency', ...headers, `http://127.0.0.1:${port}${path}`],
    { encoding: 'utf8' },
  );
  const cpu = usage(pid).cpu - before;
  const count = Number(/(\d+) requests in/.exec(text)[1]);
  const failed = /Non-2xx.*: (\d+)/.exec(text)?.[1];
  if (failed !== undefined) throw new Error(`${path}: ${failed} failed`);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    cpu: (cpu / count) * 1e6,
    p99: /99%\s+(\S+)/.exec(text)[1],
  };
}

async function timed(pid, work) {
  const cpu = usage(pid).cpu;
  const before = performance.now();
  await work();
  const wall = (performance.now() - before) / 1000;
  return { wall, cpu: usage(pid).cpu - cpu };
}

async function several(count, width, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const rated = ({ rate, cpu, p99 }) => `${rate.toFixed(0)}/s, ${cpu.toFixed(0)} µs CPU, p99 ${p99}`;
const speed = (bytes, { wall, cpu }, pieces = 1) =>
  `${(bytes / wall / 1e6).toFixed(0)} MB/s, ${((cpu * 1000) / pieces).toFixed(0)} ms CPU`;

async function ended(server) {
  const over = once(server, 'exit');
  server.kill();
  await over;
}

async function startTime(command, env, port) {
  const took = [];
  for (let run = 0; run < 3; run += 1) {
    const { server, took: time } = await started(command, env, port);
    took.push(time);
    await ended(server);
  }
  return median(took);
}

/** What 64 connections that ask again and again get. */
async function reads({ pid, port }) {
  await pushBlob(port, 'bench/app', CONFIG);
  await pushManifest(port, 'bench/app', 'latest', CONFIG);
  const small = await pushBlob(port, 'bench/app', randomBytes(4096));
  const manifest = '/v2/bench/app/manifests';
  const { headers } = await ask(port, 'GET', `${manifest}/latest`, { headers: { accept: MANIFEST_TYPE } });
  const digest = headers['docker-content-digest'];
  const accept = ['-H', `Accept: ${MANIFEST_TYPE}`];
  const of = (path, more) => rated(wrk({ pid, port }, path, more));
  return [
    ['manifest GET by tag, 64 connections', of(`${manifest}/latest`, accept)],
    ['manifest GET by digest, 64 connections', of(`${manifest}/${digest}`, accept)],
    ['blob GET, 4 KiB, 64 connections', of(`/v2/bench/app/blobs/${small}`)],
  ];
}

async function large({ pid, port }) {
  const big = randomBytes(100 * 2 ** 20);
  const digest = sha(big);
  const pushes = [];
  for (let run = 0; run < 5; run += 1) {
    const own = Buffer.from(big);
    own.writeUInt32LE(run, 0);
    const ownDigest = sha(own);
    pushes.push(await timed(pid, () => pushBlob(port, `bench/big${run}`, own, ownDigest)));
  }
  const typical = { wall: median(pushes.map(({ wall }) => wall)), cpu: median(pushes.map(({ cpu }) => cpu)) };
  const others = [1, 2, 3, 4].map((at) => {
    const own = Buffer.from(big);
    own.writeUInt32LE(100 + at, 0);
    return [own, sha(own)];
  });
  const parallel = await timed(pid, () =>
    Promise.all(others.map(([own, name], at) => pushBlob(port, `bench/parallel${at}`, own, name))),
  );
  await pushBlob(port, 'bench/big', big, digest);
  return [
    ['push of 100 MiB, one client', speed(big.length, typical)],
    ['4 pushes of 100 MiB at once', speed(4 * big.length, parallel, 4)],
    ['blob GET, 100 MiB, 4 connections', pulled({ pid, port }, `/v2/bench/big/blobs/${digest}`, big.length)],
  ];
}

function pulled({ pid, port }, path, size) {
  const before = usage(pid).cpu;
  const url = `http://127.0.0.1:${port}${path}`;
  const text = execFileSync('wrk', ['-t1', '-c4', `-d${SECONDS}s`, url], { encoding: 'utf8' });
  const cpu = usage(pid).cpu - before;
  const [, amount, unit] = /requests in [\d.]+m?s, ([\d.]+)(\w+) read/.exec(text);
  const bytes = Number(amount) * { MB: 2 ** 20, GB: 2 ** 30 }[unit];
  return `${(bytes / SECONDS / 1e9).toFixed(2)} GB/s, ${((cpu * 1000 * size) / bytes).toFixed(0)} ms CPU for each`;
}

async function many({ pid, port }) {
  const blobs = Array.from({ length: 2000 }, () => randomBytes(4096));
  const names = blobs.map(sha);
  const pushed = await timed(pid, () =>
    several(blobs.length, 16, (at) => pushBlob(port, 'bench/many', blobs[at], names[at])),
  );
  await pushBlob(port, 'bench/tags', CONFIG);
  const tagged = await timed(pid, () => several(TAGS, 16, (at) => pushManifest(port, 'bench/tags', `v${at}`, CONFIG)));
  const list = '/v2/bench/tags/tags/list?n=100';
  await ask(port, 'GET', list);
  const times = [];
  for (let run = 0; run < 50; run += 1) {
    const start = performance.now();
    await ask(port, 'GET', run % 2 === 0 ? list : `${list}&last=v${7000 + run}`);
    times.push(performance.now() - start);
  }
  const each = ((pushed.cpu / blobs.length) * 1e6).toFixed(0);
  return [
    ['pushes of 4 KiB, 16 connections', `${(blobs.length / pushed.wall).toFixed(0)}/s, ${each} µs CPU`],
    [`PUT of ${TAGS} tags, 16 connections`, `${(TAGS / tagged.wall).toFixed(0)}/s`],
    [`tags/list?n=100 of ${TAGS}`, `${median(times).toFixed(2)} ms`],
  ];
}

async function figures(make, index) {
  const port = await freePort();
  const data = join(folder, `data-${index}`);
  mkdirSync(data);
  const [command, env] = make(port, data);
  const start = await startTime(command, env, port);
  const { server } = await started(command, env, port);
  const target = { pid: server.pid, port };
  await new Promise((done) => setTimeout(done, 500));
  const idle = usage(server.pid).now;
  const rows = [
    ['start to the first answer', `${start.toFixed(0)} ms`],
    ['memory, idle', `${idle.toFixed(0)} MiB`],
    ...(await reads(target)),
    // before the disk has gigabytes to write
    ...(await many(target)),
    ...(await large(target)),
    ['memory, most', `${usage(server.pid).peak.toFixed(0)} MiB`],
  ];
  await ended(server);
  rmSync(data, { recursive: true, force: true });
  return rows;
}

const columns = [];
for (const [index, [name, make]] of SERVERS.entries()) {
  console.error(String(name), '…');
  columns.push([name, await figures(make, index)]);
}
agent.destroy();
rmSync(folder, { recursive: true, force: true });
const titles = columns[0][1].map(([title]) => title);
const table = [
  `| | ${columns.map(([name]) => name).join(' | ')} |`,
  `|---|${columns.map(() => '---').join('|')}|`,
  ...titles.map((title, row) => `| ${title} | ${columns.map(([, rows]) => rows[row][1]).join(' | ')} |`),
].join('\n');
const cpu = cpus();
writeFileSync(
  join(root, 'bench/serve.md'),
  `# dray serve beside docker-registry

Made by \`node bench/serve.mjs\` on ${new Date().toISOString().slice(0, 10)}: ${cpu.length} cores (${cpu[0].model.replace(/\s+/g, ' ')}), Node ${execFileSync(node24, ['--version'], { encoding: 'utf8' }).trim()} and ${process.version}, ${SECONDS} s for each rate; the clients (wrk with
one thread, Node for pushes) share the cores. No access log, no credentials. docker-registry does not flush what it keeps to the disk; dray does, and with \`--no-sync\` does not.
CPU is that of the server, its workers included; memory is that of its largest process.

${table}
`,
);
console.log(table);
