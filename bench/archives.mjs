// Archives of real images, read and written, against the peers, in one run: round robin, one warm-up, medians. Writes bench/archives.md.
//   tools/peers/setup-peers.sh && tools/peers/make-images.sh && npm run build && node bench/archives.mjs [RUNS]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from './compare.mjs';

const root = resolve(import.meta.dirname, '..');
const RUNS = Number(process.argv[2] ?? 5);
const PEERS = process.env.PEERS ?? '/var/tmp/peers';
const IMAGES = process.env.D ?? '/var/tmp/dray-images';
// Not in memory: the disk is part of what is measured.
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'dray-bench-'));
const node = join(root, 'tools/node24/node_modules/node/bin/node');
const peer = (name) => join(PEERS, 'bin', name);
const at = (name) => join(folder, name);
const dray = (store, ...args) => [
  node,
  join(root, 'dist/launch.mjs'),
  '--root',
  at(store),
  '--progress',
  'none',
  ...args,
];
const env = {
  PATH: `${join(PEERS, 'bin')}:${process.env.PATH}:/usr/sbin:/sbin`,
  DOCKER_HOST: `unix://${at('docker.sock')}`,
};
const remove = (...names) => names.forEach((name) => rmSync(at(name), { recursive: true, force: true }));
const skopeo = (...args) => [peer('skopeo'), 'copy', '-q', '--insecure-policy', ...args];

/** A daemon with a folder of its own; undefined where it cannot be started. */
async function startDocker() {
  if (process.getuid() !== 0 || !existsSync(peer('dockerd'))) return undefined;
  const places = [
    '--data-root',
    at('docker'),
    '--exec-root',
    at('exec'),
    '--pidfile',
    at('pid'),
    '--host',
    env.DOCKER_HOST,
  ];
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false'];
  const daemon = spawn(peer('dockerd'), [...places, ...network], { env: { ...process.env, ...env }, stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(200);
    if (spawnSync(peer('docker'), ['version'], { env: { ...process.env, ...env } }).status === 0) return daemon;
  }
  daemon.kill();
  return undefined;
}

const docker = await startDocker();
const tables = [];
try {
  for (const image of ['debian', 'many']) {
    const layout = join(IMAGES, `oci-${image}`);
    execFileSync('tar', ['-C', layout, '-cf', at('oci.tar'), 'oci-layout', 'index.json', 'blobs']);
    const [, ...legacy] = skopeo(`oci:${layout}:latest`, `docker-archive:${at('docker.tar')}:${image}:1`);
    execFileSync(peer('skopeo'), legacy);
    for (const [title, file] of [
      ['docker archive, layers uncompressed', 'docker.tar'],
      ['OCI archive, layers gzipped', 'oci.tar'],
    ]) {
      const from = file === 'oci.tar' ? `oci-archive:${at(file)}:latest` : `docker-archive:${at(file)}`;
      const cases = [
        ['skopeo, to a layout', skopeo(from, `oci:${at('out')}:1`)],
        ...(file === 'docker.tar'
          ? [['crane validate, which keeps nothing', [peer('crane'), 'validate', '--tarball', at(file)]]]
          : []),
        ['dray load', dray('store', 'load', '-i', at(file))],
        ...(docker && file === 'docker.tar' ? [['docker load', [peer('docker'), 'load', '-q', '-i', at(file)]]] : []),
        ['cat, and sync', ['sh', '-c', `cat ${at(file)} > ${at('copy')} && sync ${at('copy')}`]],
      ];
      const before = (name) => {
        remove('out', 'store', 'copy');
        if (name === 'docker load')
          spawnSync(peer('docker'), ['rmi', '-f', `${image}:1`], { env: { ...process.env, ...env } });
      };
      tables.push(
        compare(`${image}: load, ${title}`, cases, { runs: RUNS, before, best: ['skopeo, to a layout'], folder, env }),
      );
    }
    remove('out', 'store', 'copy');
    const [program, ...load] = dray('store', 'load', '-q', '-i', at('oci.tar'));
    const id = execFileSync(program, load).toString().trim().split(' ').at(-1);
    const cases = [
      ['skopeo, from a layout', skopeo(`oci:${layout}:latest`, `oci-archive:${at('out')}:1`)],
      ['dray save', dray('store', 'save', '-o', at('out'), id)],
      ...(docker ? [['docker save', [peer('docker'), 'save', '-o', at('out'), `${image}:1`]]] : []),
    ];
    tables.push(
      compare(`${image}: save`, cases, {
        runs: RUNS,
        before: () => remove('out'),
        best: ['skopeo, from a layout'],
        folder,
        env,
      }),
    );
    remove('out', 'store', 'oci.tar', 'docker.tar');
  }
} finally {
  if (docker !== undefined) {
    const ended = new Promise((done) => docker.once('exit', done));
    docker.kill();
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${execFileSync(node, ['-v']).toString().trim()}, ${RUNS} runs each, in turn.`;
const notes = `skopeo compresses what it loads from a docker archive and neither flushes nor compares diff_ids; docker unpacks what it loads; dray verifies digests and diff_ids, and flushes. "docker save" writes layers uncompressed.`;
writeFileSync(
  join(root, 'bench/archives.md'),
  `# Archives beside the peers\n\nMade by \`node bench/archives.mjs\` on ${new Date().toISOString().slice(0, 10)}: ${machine}\n\n${notes}\n\n${tables.join('\n')}`,
);
