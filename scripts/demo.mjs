// The main job, with nothing but this folder: a registry in this process, and the built command that pulls from it to a file.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { relative } from 'node:path';
import { build } from './build.mjs';
import { Failure, root, run, start } from './run.mjs';
import { verifyArchive } from './verify-archive.mjs';

const NAME = 'hello:1';

/** `--flip N` changes byte N of the file before it is checked, to see that the check fails. */
async function demo(args) {
  await build();
  const folder = `${root}tmp/demo`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const testing = await import('../dist/testing/index.js');
  const graph = exampleImage(testing);
  const registry = await testing.startRegistry({
    images: { [NAME]: graph },
    faults: [testing.slow(2_000_000, { kind: 'blob' })],
  });
  const reference = registry.reference(NAME);
  const platform = arch() === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  const file = `${folder}/hello.tar`;
  try {
    console.log(
      `A registry for this demo listens on ${registry.host}. It has ${NAME} for linux/amd64 and linux/arm64, and sends 2 MB/s.\n`,
    );
    await pull({ reference, platform, file, folder });
  } finally {
    await registry.close();
  }
  flip(file, args);
  const archive = readFileSync(file);
  const names = verifyArchive(archive, { graph, reference, platform });
  const digest = createHash('sha256').update(archive).digest('hex');
  console.log(
    `\nEvery byte of ${shown(file)} is accounted for: ${archive.length} bytes, ${names.length} files, sha256:${digest}`,
  );
  console.log(`Load it into Docker, on any machine: docker load -i ${shown(file)}`);
}

/** The project's own program for two platforms, and a layer of 3 MB that both share. */
function exampleImage({ buildImage, buildIndex, buildLayer, helloProgram }) {
  const data = buildLayer({ fill: 3_000_000 });
  const images = ['amd64', 'arm64'].map((architecture) =>
    buildImage({
      platform: { os: 'linux', architecture },
      layers: [data, { files: [{ name: 'hello', content: helloProgram(architecture), mode: 0o755 }] }],
      config: { Entrypoint: ['/hello'] },
    }),
  );
  return buildIndex(images);
}

/** Runs the command as a user would, but without what this user has set up. */
async function pull({ reference, platform, file, folder }) {
  const args = ['pull', '--platform', platform, '-o', shown(file), reference];
  console.log(`$ dray ${args.join(' ')}`);
  const own = { DRAY_ROOT: `${folder}/store`, XDG_CONFIG_HOME: `${folder}/config`, DOCKER_CONFIG: `${folder}/config` };
  const status = await run(process.execPath, ['dist/dray.mjs', ...args], {
    env: { ...process.env, ...own, NO_PROXY: '127.0.0.1' },
  });
  if (status !== 0) throw new Failure(`dray pull ended with ${status}.`);
}

function flip(file, [option, position]) {
  if (option !== '--flip') return;
  const bytes = readFileSync(file);
  const at = Number(position) % statSync(file).size;
  bytes[at] ^= 0x01;
  writeFileSync(file, bytes);
}

function shown(file) {
  return relative(root, file);
}

await start(import.meta.url, demo);
