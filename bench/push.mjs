// Pushes and copies of real images, against the peers, in one run: round robin, one warm-up, medians. Writes bench/push.md.
//   tools/peers/setup-peers.sh && tools/peers/make-images.sh && npm run build && node bench/push.mjs [RUNS]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compare, measure } from './compare.mjs';

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

const ENV = { XDG_CACHE_HOME: join(folder, 'cache'), XDG_DATA_HOME: join(folder, 'skopeo') };
const once = (command) => measure(['to begin with', command], { folder, env: ENV });

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

/** Each run goes to a repository of its own: what is there already is not pushed. */
function table(title, cases, host) {
  return compare(
    title,
    cases.map(([name, command]) => [name, () => command(fresh(host))]),
    { runs: RUNS, before: clean, best: ['crane'], folder, env: ENV },
  );
}

/** skopeo forgets what it knows of repositories; what was written before is not to slow a run. */
function clean() {
  rmSync(join(folder, 'skopeo'), { recursive: true, force: true });
  execFileSync('sync');
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
    once(dray('copy', '-q', '--no-referrers', `oci:${layout(image)}`, `store:${image}:1`));
    once([peer('crane'), 'push', '--insecure', layout(image), `${SOURCE}/${image}:1`]);
  }
  for (const image of ['debian', 'many']) {
    tables.push(table(`${image} to a null registry`, pushCases(image), SINK));
    tables.push(table(`${image} to docker-registry`, pushCases(image), REGISTRY));
    tables.push(table(`${image} from docker-registry to a null registry`, copyCases(image), SINK));
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

crane and oras hand a file to the system's sendfile, so that its bytes never pass through them (Node has nothing like it): with a null registry on the same machine they are the limit. dray hashes
what comes from another registry on its way; what lies here it does not, as the target verifies it.
skopeo run by root remembers in /var/lib which repositories have a blob, and mounts it: its second push to docker-registry is none.

${tables.join('\n')}`,
);
