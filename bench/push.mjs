// Pushes and copies of real images, against the peers, in one run: round robin, one warm-up, medians. Writes bench/push.md.
//   tools/peers/setup-peers.sh && tools/peers/make-images.sh && npm run build && node bench/push.mjs [RUNS]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const RUNS = Number(process.argv[2] ?? 5);
const PEERS = process.env.PEERS ?? '/var/tmp/peers';
const IMAGES = process.env.D ?? '/var/tmp/dray-images';
const SINK = '127.0.0.1:48090';
const REGISTRY = '127.0.0.1:48091';
const SOURCE = '127.0.0.1:48092';
const folder = mkdtempSync(join(tmpdir(), 'dray-bench-'));
const node = join(root, 'tools/node24/node_modules/node/bin/node');

const peer = (name) => join(PEERS, 'bin', name);
const dray = (...args) => [node, join(root, 'dist/launch.mjs'), '--root', join(folder, 'root'), ...args];
const layout = (image) => join(IMAGES, `oci-${image}`);
const plain = ['--insecure-policy', 'copy', '-q', '--dest-tls-verify=false'];

let count = 0;
/** A repository that nothing was pushed to yet. */
const fresh = (host) => `${host}/r${(count += 1)}:1`;

/** [name, command line to a target], from a layout on this disk. */
const pushCases = (image) => [
  ['crane', (to) => [peer('crane'), 'push', '--insecure', layout(image), to]],
  ['skopeo', (to) => [peer('skopeo'), ...plain, `oci:${layout(image)}:latest`, `docker://${to}`]],
  ['oras', (to) => [peer('oras'), 'cp', '--to-plain-http', '--from-oci-layout', `${layout(image)}:latest`, to]],
  ['dray, from the layout', (to) => dray('push', '-q', layout(image), to)],
  ['dray, from its store', (to) => dray('copy', '-q', '--no-referrers', `store:${image}:1`, to)],
];

const copyCases = (image) => {
  const from = `${SOURCE}/${image}:1`;
  return [
    ['crane', (to) => [peer('crane'), 'copy', '--insecure', from, to]],
    ['skopeo', (to) => [peer('skopeo'), ...plain, '--src-tls-verify=false', `docker://${from}`, `docker://${to}`]],
    ['oras', (to) => [peer('oras'), 'cp', '--from-plain-http', '--to-plain-http', from, to]],
    ['dray', (to) => dray('copy', '-q', from, to)],
    ['dray --no-referrers, as the others', (to) => dray('copy', '-q', '--no-referrers', from, to)],
  ];
};

/** Wall clock in seconds, CPU in seconds, peak memory in MiB. */
function measure(name, command) {
  const log = join(folder, 'time');
  const env = {
    ...process.env,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_DATA_HOME: join(folder, 'skopeo'),
  };
  rmSync(join(folder, 'skopeo'), { recursive: true, force: true });
  const started = performance.now();
  const done = spawnSync('/usr/bin/time', ['-q', '-o', log, '-f', '%U %S %M', ...command], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wall = (performance.now() - started) / 1000;
  if (done.status !== 0) throw new Error(`${name}: exit ${done.status}: ${String(done.stderr).slice(0, 500)}`);
  const [user, system, peak] = readFileSync(log, 'utf8').trim().split(' ').map(Number);
  return { wall, cpu: user + system, memory: peak / 1024 };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function compare(title, cases, host) {
  const results = cases.map(() => []);
  for (let run = 0; run <= RUNS; run += 1) {
    cases.forEach(([name, command], index) => {
      const result = measure(name, command(fresh(host)));
      if (run > 0) results[index].push(result);
    });
    // What one run wrote is not to slow the next one.
    if (host === REGISTRY) execFileSync('sync');
  }
  const rows = cases.map(([name], index) => {
    const of = (key) => results[index].map((result) => result[key]);
    const walls = of('wall');
    return {
      name,
      wall: median(walls),
      least: Math.min(...walls),
      most: Math.max(...walls),
      cpu: median(of('cpu')),
      memory: Math.max(...of('memory')),
    };
  });
  const [{ wall: base }] = rows;
  const lines = rows.map(
    ({ name, wall, least, most, cpu, memory }) =>
      `| ${name} | ${wall.toFixed(3)} | ${least.toFixed(3)}-${most.toFixed(3)} | ${cpu.toFixed(2)} | ${memory.toFixed(0)} | ${(wall / base).toFixed(2)} |`,
  );
  const table = [
    `## ${title}`,
    '',
    '| | wall s | least-most | CPU s | peak MiB | of crane |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
  console.log(table);
  return table;
}

/** docker-registry with a folder of its own. */
function startRegistry(host, name) {
  const file = join(folder, `${name}.json`);
  const storage = { filesystem: { rootdirectory: join(folder, name) } };
  writeFileSync(
    file,
    JSON.stringify({
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage,
      http: { addr: host },
    }),
  );
  return spawn(peer('docker-registry'), ['serve', file], { stdio: 'ignore' });
}

if (!existsSync(peer('crane'))) throw new Error(`no peers in ${PEERS}: run tools/peers/setup-peers.sh`);
const servers = [
  spawn(process.execPath, [join(root, 'tools/peers/sink.mjs')], {
    stdio: 'ignore',
    env: { ...process.env, PORT: SINK.split(':')[1] },
  }),
  startRegistry(REGISTRY, 'target'),
  startRegistry(SOURCE, 'source'),
];
const tables = [];
try {
  execFileSync('sleep', ['1.5']);
  for (const image of ['debian', 'many']) {
    measure('copy', dray('copy', '-q', '--no-referrers', `oci:${layout(image)}`, `store:${image}:1`));
    measure('crane', [peer('crane'), 'push', '--insecure', layout(image), `${SOURCE}/${image}:1`]);
  }
  for (const image of ['debian', 'many']) {
    tables.push(compare(`${image} to a null registry`, pushCases(image), SINK));
    tables.push(compare(`${image} to docker-registry`, pushCases(image), REGISTRY));
    tables.push(compare(`${image} from docker-registry to a null registry`, copyCases(image), SINK));
  }
} finally {
  for (const server of servers) server.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${execFileSync(node, ['-v']).toString().trim()}, ${RUNS} runs each, in turn; the servers share the cores.`;
writeFileSync(
  join(root, 'bench/push.md'),
  `# Pushes and copies beside the peers

Made by \`node bench/push.mjs\` on ${new Date().toISOString().slice(0, 10)}: ${machine}

crane and skopeo hand a file to the system's sendfile, so that its bytes never pass through them: of a null registry on the same machine they are the limit. dray hashes what comes from a
layout or a registry on its way; from its own store it does not, since that has verified it before.

${tables.join('\n')}`,
);
