// Images unpacked into folders, beside GNU tar (on the same layers, one after the other) and umoci; then exported as one tar. Writes bench/unpack.md.
//   tools/peers/setup-peers.sh && tools/peers/make-images.sh && npm run build && node bench/unpack.mjs [RUNS]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compare } from './compare.mjs';

const root = resolve(import.meta.dirname, '..');
const RUNS = Number(process.argv[2] ?? 5);
const PEERS = process.env.PEERS ?? '/var/tmp/peers';
const IMAGES = process.env.D ?? '/var/tmp/dray-images';
const folder = mkdtempSync(join(tmpdir(), 'dray-bench-'));
const nodes = { 24: join(root, 'tools/node24/node_modules/node/bin/node'), 20: process.execPath };
const node20 = execFileSync(nodes[20], ['-v']).toString().startsWith('v20.');
const versions = node20 ? [24, 20] : [24];

const out = join(folder, 'out');
const layout = (image) => join(IMAGES, `oci-${image}`);
const umoci = join(PEERS, 'bin/umoci');
const dray = (version) => [nodes[version], join(root, 'dist/launch.mjs'), '--root', join(folder, 'root')];

/** Not with rmSync: it takes longer than what is measured. */
const before = () => execFileSync('rm', ['-rf', out, `${out}.tar`]);

function layersOf(image) {
  const json = (digest) => JSON.parse(readFileSync(blob(image, digest), 'utf8'));
  const index = JSON.parse(readFileSync(join(layout(image), 'index.json'), 'utf8'));
  return json(index.manifests[0].digest).layers.map(({ digest }) => blob(image, digest));
}

function blob(image, digest) {
  return join(layout(image), 'blobs', digest.replace(':', '/'));
}

/** GNU tar for each layer. */
function gnuTar(image) {
  const steps = layersOf(image).map((layer) => `tar -xzp --numeric-owner -f '${layer}' -C '${out}'`);
  return ['/bin/sh', '-ec', [`mkdir '${out}'`, ...steps].join('\n')];
}

function unpackCases(image) {
  return [
    ['GNU tar', gnuTar(image)],
    ['umoci', [umoci, 'raw', 'unpack', '--image', `${layout(image)}:latest`, out]],
    ...versions.map((version) => [`dray, Node ${version}`, [...dray(version), 'unpack', '-q', layout(image), out]]),
  ];
}

/** What else gives one tar: unpack, and pack again. */
function exportCases(image) {
  const again = `${gnuTar(image)[2]}\ntar -cf '${out}.tar' -C '${out}' .`;
  return [
    ['GNU tar, there and back', ['/bin/sh', '-ec', again]],
    ...versions.map((version) => [
      `dray, Node ${version}`,
      [...dray(version), 'export', '--no-sync', '-q', layout(image), '-o', `${out}.tar`],
    ]),
  ];
}

if (!existsSync(umoci)) throw new Error(`no peers in ${PEERS}: run tools/peers/setup-peers.sh`);
const tables = [];
try {
  const options = { runs: RUNS, folder, before };
  for (const image of ['debian', 'many']) {
    tables.push(compare(`${image}, unpacked`, unpackCases(image), { ...options, best: ['GNU tar'] }));
  }
  for (const image of ['debian', 'many']) {
    tables.push(compare(`${image}, as one tar`, exportCases(image), { ...options, best: ['GNU tar, there and back'] }));
  }
} finally {
  execFileSync('rm', ['-rf', folder]);
}
const version = execFileSync(nodes[24], ['-v']).toString().trim();
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${version} and ${process.version}, ${RUNS} runs each, in turn, in ${tmpdir()}`;
writeFileSync(
  join(root, 'bench/unpack.md'),
  `# Images unpacked\n\nMade by \`node bench/unpack.mjs\` on ${new Date().toISOString().slice(0, 10)}: ${machine}.\n` +
    `GNU tar and umoci compare nothing with a digest but umoci its layers; dray compares each with its digest and its diff_id.\n\n${tables.join('\n')}`,
);
