// dray engine beside Docker's own, driven by the docker command: pull, push, images, save, load, start and memory, in turn. Writes bench/engine.md.
//   tools/peers/setup-peers.sh && tools/peers/make-images.sh debian && npm run build && npm ci --prefix tools/node24 && node bench/engine.mjs [RUNS]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const RUNS = Number(process.argv[2] ?? 3);
const PEERS = process.env.PEERS ?? '/var/tmp/peers';
const IMAGES = process.env.D ?? '/var/tmp/dray-images';
const SOURCE = '127.0.0.1:48092';
const TARGET = '127.0.0.1:48093';
const NAME = `${SOURCE}/debian:1`;
const COPY = `${TARGET}/debian:1`;
const MANY = [200, 2000];
/** Of many images this takes over a second for each answer. */
const SLOW = "dockerd, containerd's store";
const folder = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), 'dray-engine-bench-'));
const node24 = join(root, 'tools/node24/node_modules/node/bin/node');
const TICK = Number(execFileSync('getconf', ['CLK_TCK']));
// dockerd starts containerd and runc by name
const PATH = `${join(PEERS, 'bin')}:${process.env.PATH}`;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const dray =
  (node, ...more) =>
  (socket, data) => [
    node,
    join(root, 'dist/launch.mjs'),
    '--root',
    data,
    'engine',
    '-q',
    '--listen',
    `unix://${socket}`,
    ...more,
  ];
const dockerd =
  (...more) =>
  (socket, data) => [
    join(PEERS, 'bin/dockerd'),
    ...['--host', `unix://${socket}`, '--data-root', data, '--exec-root', `${data}-exec`, '--pidfile', `${data}-pid`],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false', '--log-level=error'],
    ...more,
  ];
const ENGINES = [
  ['dockerd', dockerd()],
  ["dockerd, containerd's store", dockerd('--feature=containerd-snapshotter')],
  ['dray engine, Node 24', dray(node24)],
  ['dray engine --no-sync, Node 24', dray(node24, '--no-sync')],
];

function ask(socketPath, path, agent) {
  return new Promise((done, fail) => {
    const sent = request({ socketPath, path, agent }, (response) => {
      response
        .on('error', fail)
        .on('end', () => done(response.statusCode))
        .resume();
    });
    sent.on('error', fail).end();
  });
}

/** The processes of an engine: itself and what it has started. */
function family(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  const children = stdout
    .split('\n')
    .map(Number)
    .filter((each) => each > 0);
  return [pid, ...children.flatMap(family)];
}

/** CPU seconds, also of processes that have ended, and MiB of memory, the processes of an engine added up. */
function usage(pid) {
  const sum = { cpu: 0, now: 0, peak: 0 };
  for (const each of family(pid)) {
    try {
      const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1].split(' ');
      const status = readFileSync(`/proc/${each}/status`, 'utf8');
      const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
      sum.cpu += [11, 12, 13, 14].reduce((ticks, at) => ticks + Number(fields[at]), 0) / TICK;
      sum.now += of('VmRSS');
      sum.peak += of('VmHWM');
    } catch {
      // it has ended
    }
  }
  return sum;
}

/** Lets the peak of memory begin where it is. */
function forgetPeak(pid) {
  for (const each of family(pid)) writeFileSync(`/proc/${each}/clear_refs`, '5');
}

async function start([name, make], index) {
  const socket = join(folder, `${index}.sock`);
  const command = make(socket, join(folder, `data-${index}`));
  const before = performance.now();
  const log = openSync(join(folder, `log-${index}`), 'a');
  const child = spawn(command[0], command.slice(1), {
    env: { ...process.env, PATH },
    stdio: ['ignore', 'ignore', log],
  });
  closeSync(log);
  for (;;) {
    const status = await ask(socket, '/_ping').catch(() => undefined);
    if (status === 200) return { name, child, socket, started: performance.now() - before };
    if (child.exitCode !== null) {
      throw new Error(
        `${name}: exit ${child.exitCode}: ${readFileSync(join(folder, `log-${index}`), 'utf8').slice(-500)}`,
      );
    }
    await new Promise((done) => setTimeout(done, 1));
  }
}

async function stop({ child }) {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Start to the first answer, and memory when it has nothing to do. */
async function starts(engine, index) {
  const times = [];
  for (let run = 0; run < RUNS; run += 1) {
    const running = await start(engine, index);
    times.push(running.started);
    await stop(running);
  }
  const running = await start(engine, index);
  await pause(2_000);
  return { running, time: median(times), idle: usage(running.child.pid).now };
}

/** docker, which must succeed. */
function docker({ name, socket }, args, { input, output = 'ignore' } = {}) {
  const env = { ...process.env, PATH, HOME: folder, DOCKER_HOST: `unix://${socket}` };
  const { status, stderr } = spawnSync('docker', args, { env, stdio: [input ?? 'ignore', output, 'pipe'] });
  if (status !== 0) throw new Error(`${name}: docker ${args.join(' ')}: ${status}: ${stderr}`);
}

function measured(engine, args, options) {
  // what was written before is not to be paid for now
  execFileSync('sync');
  const { pid } = engine.child;
  forgetPeak(pid);
  const { cpu } = usage(pid);
  const before = performance.now();
  docker(engine, args, options);
  const wall = (performance.now() - before) / 1000;
  const after = usage(pid);
  return { wall, cpu: after.cpu - cpu, peak: after.peak };
}

function startRegistry(address, name) {
  const data = join(folder, `registry-${name}`);
  rmSync(data, { recursive: true, force: true });
  const config = join(folder, `registry-${name}.yml`);
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage:\n  filesystem: { rootdirectory: ${data} }\nhttp: { addr: '${address}' }\n`,
  );
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
  return spawn(join(PEERS, 'bin/docker-registry'), ['serve', config], { env, stdio: 'ignore' });
}

let target;
async function emptyTarget(engine) {
  docker(engine, ['tag', NAME, COPY]);
  if (target !== undefined) await stop({ child: target });
  target = startRegistry(TARGET, 'target');
  await pause(500);
}

const archive = join(folder, 'debian.tar');
const flat = join(folder, 'debian-flat.tar');
const remove = (engine) => docker(engine, ['rmi', NAME]);

/** What is done in turn, each on every engine: [title, what comes before, the command]. The image is there afterwards, under this name alone. */
const WORK = [
  ['pull, nothing there', remove, ['pull', NAME]],
  ['pull, all there', () => {}, ['pull', NAME]],
  ['push to an empty registry', emptyTarget, ['push', COPY]],
  ['save, thrown away', () => {}, ['save', NAME]],
  ['load, layers gzipped (322 MB)', remove, ['load', '-i', archive]],
  ['load, layers as tar (807 MB)', remove, ['load', '-i', flat]],
];

async function inTurn(engines) {
  const results = WORK.map(() => engines.map(() => []));
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [work, [title, before, args]] of WORK.entries()) {
      for (const [at, engine] of engines.entries()) {
        await before(engine);
        const result = measured(engine, args);
        if (args[0] === 'push') docker(engine, ['rmi', COPY]);
        console.error(run, engine.name, title, result.wall.toFixed(2));
        if (run > 0) results[work][at].push(result);
      }
    }
  }
  return WORK.map(([title], work) => [title, results[work].map(shown)]);
}

function shown(results) {
  const of = (key) => median(results.map((result) => result[key]));
  const walls = results.map(({ wall }) => wall);
  const span = `${Math.min(...walls).toFixed(2)}-${Math.max(...walls).toFixed(2)}`;
  return `${of('wall').toFixed(2)} s (${span}), ${of('cpu').toFixed(2)} s CPU, ${of('peak').toFixed(0)} MiB`;
}

/** An archive of many images: one layer that all have, and one of its own for each. */
function writeMany(path, many) {
  const parts = join(folder, `many-${many}`);
  mkdirSync(parts);
  const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const layer = (name, text) => {
    writeFileSync(join(parts, 'file'), text);
    execFileSync('tar', ['-cf', join(parts, name), '-C', parts, '--transform', `s/file/${name}/`, 'file']);
    return sha(readFileSync(join(parts, name)));
  };
  const shared = layer('shared.tar', 'x'.repeat(100_000));
  const manifest = Array.from({ length: many }, (_, at) => {
    const own = layer(`${at}.tar`, String(at));
    const rootfs = { type: 'layers', diff_ids: [`sha256:${shared}`, `sha256:${own}`] };
    writeFileSync(
      join(parts, `${at}.json`),
      JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }),
    );
    return { Config: `${at}.json`, RepoTags: [`many/app${at}:1`], Layers: ['shared.tar', `${at}.tar`] };
  });
  rmSync(join(parts, 'file'));
  writeFileSync(join(parts, 'manifest.json'), JSON.stringify(manifest));
  execFileSync('tar', ['-cf', path, '-C', parts, ...readdirSync(parts)]);
}

/** Requests in a row, of which there are ten. */
const ASKED = 5;

/** With many images: the docker command, and what a program gets that keeps its connection. */
async function lists(all, many) {
  const path = join(folder, `many-${many}.tar`);
  writeMany(path, many);
  const engines = all.filter(({ name }) => many === MANY[0] || name !== SLOW);
  for (const engine of engines) docker(engine, ['load', '-q', '-i', path]);
  const walls = engines.map(() => []);
  const cpu = engines.map(() => 0);
  const times = engines.map(() => []);
  const agents = engines.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  for (let run = 0; run <= 10; run += 1) {
    for (const [at, engine] of engines.entries()) {
      const { wall } = measured(engine, ['images', '-q']);
      if (run > 0) walls[at].push(wall * 1000);
      const { cpu: cpuBefore } = usage(engine.child.pid);
      for (let asked = 0; asked < ASKED; asked += 1) {
        const before = performance.now();
        await ask(engine.socket, '/v1.51/images/json', agents[at]);
        if (run > 0) times[at].push(performance.now() - before);
      }
      if (run > 0) cpu[at] += usage(engine.child.pid).cpu - cpuBefore;
    }
  }
  for (const agent of agents) agent.destroy();
  const cells = (of) => all.map((each) => (engines.includes(each) ? of(engines.indexOf(each)) : 'not measured'));
  return [
    [`docker images, ${many} images`, cells((at) => `${median(walls[at]).toFixed(0)} ms`)],
    [
      `GET /images/json, ${many} images, one connection`,
      cells((at) => {
        const slow = times[at].toSorted((a, b) => a - b)[Math.floor(times[at].length * 0.9)];
        const each = (cpu[at] * 1000) / times[at].length;
        return `p50 ${median(times[at]).toFixed(1)} ms, p90 ${slow.toFixed(1)} ms, ${each.toFixed(1)} ms CPU`;
      }),
    ],
  ];
}

function prepare() {
  const run = (...args) =>
    execFileSync(node24, [join(root, 'dist/launch.mjs'), '--root', join(folder, 'root'), ...args]);
  const layout = `oci:${join(IMAGES, 'oci-debian')}`;
  run('copy', '-q', layout, NAME);
  run('copy', '-q', NAME, `store:${NAME}`);
  run('save', '-o', archive, NAME);
}

const source = startRegistry(SOURCE, 'source');
const running = [];
let rows;
try {
  await pause(500);
  prepare();
  const begun = [];
  for (const [index, engine] of ENGINES.entries()) {
    const one = await starts(engine, index);
    running.push(one.running);
    begun.push(one);
    docker(one.running, ['pull', '-q', NAME]);
  }
  const output = openSync(flat, 'w');
  docker(running[0], ['save', NAME], { output });
  closeSync(output);
  const worked = await inTurn(running);
  rows = [
    ['start to the first answer', begun.map(({ time }) => `${time.toFixed(0)} ms`)],
    ['memory, idle', begun.map(({ idle }) => `${idle.toFixed(0)} MiB`)],
    ...worked,
    ...(await lists(running, MANY[0])),
    ...(await lists(running, MANY[1])),
  ];
} finally {
  for (const each of running) await stop(each);
  source.kill();
  target?.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
const table = [
  `| | ${ENGINES.map(([name]) => name).join(' | ')} |`,
  `|---|${ENGINES.map(() => '---').join('|')}|`,
  ...rows.map(([title, cells]) => `| ${title} | ${cells.join(' | ')} |`),
].join('\n');
const machine = `${cpus().length} cores (${cpus()[0].model.replace(/\s+/g, ' ')}), Node ${execFileSync(node24, ['--version'], { encoding: 'utf8' }).trim()}, ${RUNS} runs each, in turn, after one warm-up`;
writeFileSync(
  join(root, 'bench/engine.md'),
  `# dray engine beside dockerd

Made by \`node bench/engine.mjs\` on ${new Date().toISOString().slice(0, 10)}: ${machine};
docker-registry and the docker command share the cores.

Every row is the docker command: medians of its wall clock (least-most), the engine's CPU and the engine's peak of memory during it, dockerd's with its containerd. The
image is Debian with 7 layers, 322 MB gzipped, 807 MB as tar.

They do not do the same work. dockerd unpacks layers when they are pulled or loaded, so that containers can start; dray keeps them as they came, verifies digests and
diff_ids (it decompresses each layer for that), and flushes to the disk before it says that it is done (\`--no-sync\` does not).
The classic store packs and compresses layers again to push them, and saves them as tar; containerd's store keeps what came, beside what it unpacked, and so does dray.

For \`GET /images/json\` dray reads the file of every name and looks for every image's manifest and config each time, since other processes use the same store.
The peak of a save is most likely buffers of 1 MiB that wait for the garbage collector: repeated saves of a larger image (1.1 GB) stay below 250 MiB.

${table}
`,
);
console.log(table);
