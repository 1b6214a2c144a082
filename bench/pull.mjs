// Pulls of real images, against the peers, in one run: round robin, one warm-up, medians. Writes bench/pull.md.
//   tools/peers/setup-peers.sh && tools/peers/make-images.sh && npm run build && node bench/pull.mjs [RUNS]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const RUNS = Number(process.argv[2] ?? 5);
const PEERS = process.env.PEERS ?? '/var/tmp/peers';
const HOST = '127.0.0.1:48080';
const folder = mkdtempSync(join(tmpdir(), 'dray-bench-'));
const nodes = { 24: join(root, 'tools/node24/node_modules/node/bin/node'), 20: process.execPath };
const node20 = execFileSync(nodes[20], ['-v']).toString().startsWith('v20.');

const out = join(folder, 'out');
const peer = (name) => join(PEERS, 'bin', name);
const dray = (version) => [nodes[version], join(root, 'dist/launch.mjs'), '--root', join(folder, 'root'), 'pull', '-q'];
// what the peers do: no local store, no fsync, digests of layers but not of what they unpack to
const LIKE_PEERS = ['--no-store', '--no-sync', '--no-verify-layers'];

const clean = () => {
  for (const path of [out, `${out}.tar`, join(folder, 'root'), join(folder, 'skopeo')])
    rmSync(path, { recursive: true, force: true });
};
const nothing = () => {};

/** [name, command line, what is done before each run] */
function layoutCases(image) {
  const reference = `${HOST}/${image}:latest`;
  return [
    ['crane', [peer('crane'), 'pull', '--insecure', '--format=oci', reference, out]],
    ['oras', [peer('oras'), 'cp', '--from-plain-http', reference, '--to-oci-layout', `${out}:latest`]],
    ['skopeo', [peer('skopeo'), 'copy', '-q', '--src-tls-verify=false', `docker://${reference}`, `oci:${out}:latest`]],
    ['dray, Node 24', [...dray(24), ...LIKE_PEERS, '--as', 'oci-dir', '-o', out, reference]],
    ...(node20 ? [['dray, Node 20', [...dray(20), ...LIKE_PEERS, '--as', 'oci-dir', '-o', out, reference]]] : []),
    ['dray, Node 24, as it comes: store, fsync, diff_ids', [...dray(24), reference]],
  ];
}

function archiveCases(image) {
  const reference = `${HOST}/${image}:latest`;
  return [
    ['crane', [peer('crane'), 'pull', '--insecure', reference, `${out}.tar`]],
    [
      'skopeo',
      [peer('skopeo'), 'copy', '-q', '--src-tls-verify=false', `docker://${reference}`, `docker-archive:${out}.tar`],
    ],
    ['dray, Node 24', [...dray(24), ...LIKE_PEERS, '-o', `${out}.tar`, reference]],
    ...(node20 ? [['dray, Node 20', [...dray(20), ...LIKE_PEERS, '-o', `${out}.tar`, reference]]] : []),
    ['dray, Node 24, as it comes: store, fsync, diff_ids', [...dray(24), '-o', `${out}.tar`, reference]],
  ];
}

function warmCases(image) {
  const reference = `${HOST}/${image}:latest`;
  return [
    ['crane', [peer('crane'), 'pull', '--insecure', '--format=oci', reference, join(folder, 'warm-crane')]],
    [
      'oras',
      [peer('oras'), 'cp', '--from-plain-http', reference, '--to-oci-layout', `${join(folder, 'warm-oras')}:latest`],
    ],
    ['dray, Node 24', [...dray(24), reference]],
    ...(node20 ? [['dray, Node 20', [...dray(20), reference]]] : []),
  ];
}

/** Wall clock in seconds, CPU in seconds, peak memory in MiB. */
function measure([name, command]) {
  const log = join(folder, 'time');
  const env = {
    ...process.env,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_DATA_HOME: join(folder, 'skopeo'),
  };
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

function compare(title, cases, before, best) {
  const results = cases.map(() => []);
  for (let run = 0; run <= RUNS; run += 1) {
    cases.forEach((one, index) => {
      before();
      const result = measure(one);
      if (run > 0) results[index].push(result);
    });
  }
  clean();
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
  const base = Math.min(...rows.filter(({ name }) => best.includes(name)).map(({ wall }) => wall));
  const lines = rows.map(
    ({ name, wall, least, most, cpu, memory }) =>
      `| ${name} | ${wall.toFixed(3)} | ${least.toFixed(3)}-${most.toFixed(3)} | ${cpu.toFixed(2)} | ${memory.toFixed(0)} | ${(wall / base).toFixed(2)} |`,
  );
  const table = [
    `## ${title}`,
    '',
    `| | wall s | least-most | CPU s | peak MiB | of the best of ${best.join(', ')} |`,
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
  console.log(table);
  return table;
}

function server(action, env = {}) {
  execFileSync(join(root, 'tools/peers/fast-nginx.sh'), [action], { env: { ...process.env, ...env }, stdio: 'ignore' });
  execFileSync('sleep', ['0.7']);
}

if (!existsSync(peer('crane'))) throw new Error(`no peers in ${PEERS}: run tools/peers/setup-peers.sh`);
execFileSync(join(root, 'bench/one-layer.sh'), { stdio: 'inherit' });
const tables = [];
try {
  server('stop');
  server('start');
  for (const image of ['debian', 'many', 'big']) {
    tables.push(compare(`${image}, cold, to an OCI layout`, layoutCases(image), clean, ['crane', 'oras', 'skopeo']));
    tables.push(compare(`${image}, cold, to a file for docker load`, archiveCases(image), clean, ['crane']));
  }
  tables.push(compare('debian, nothing to do', warmCases('debian'), nothing, ['crane', 'oras']));
  server('stop');
  server('start', { RATE: '10m' });
  const reference = `${HOST}/one:latest`;
  const limited = [
    ['crane', [peer('crane'), 'pull', '--insecure', '--format=oci', reference, out]],
    ['dray, Node 24', [...dray(24), ...LIKE_PEERS, '--as', 'oci-dir', '-o', out, reference]],
  ];
  tables.push(compare('one 190 MB layer, 10 MB/s per connection, to an OCI layout', limited, clean, ['crane']));
} finally {
  server('stop');
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${execFileSync(nodes[24], ['-v']).toString().trim()} and ${process.version}, ${RUNS} runs each, in turn; the server (nginx) shares the cores.`;
writeFileSync(
  join(root, 'bench/pull.md'),
  `# Pulls beside the peers\n\nMade by \`node bench/pull.mjs\` on ${new Date().toISOString().slice(0, 10)}: ${machine}\n\n${tables.join('\n')}`,
);
