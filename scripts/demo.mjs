// The main job, with nothing but this folder: the built command serves a registry, and pulls from it to a file.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
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
  const registry = await startRegistry();
  const reference = `${registry.host}/${NAME}`;
  const platform = arch() === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  const file = `${folder}/hello.tar`;
  try {
    await push(registry.host, graph);
    console.log(`It is at ${registry.host}, and has ${NAME} for linux/amd64 and linux/arm64 now.\n`);
    await pull({ reference, platform, file, folder });
  } finally {
    await registry.stop();
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

/** The command's own registry, in memory. */
async function startRegistry() {
  const args = ['serve', '--memory', '--quiet', '--port', '0'];
  console.log(`$ dray ${args.join(' ')}`);
  const server = spawn(process.execPath, ['dist/dray.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(server, 'exit');
  const stop = async () => {
    server.kill();
    await over;
  };
  for await (const line of createInterface(server.stdout)) {
    return { host: new URL(line).host, stop };
  }
  throw new Failure('dray serve ended before it answered.');
}

/** Pushes everything by the distribution API, as a script with curl would. */
async function push(host, { root: top, blobs, manifests }) {
  const repository = `http://${host}/v2/${NAME.split(':')[0]}`;
  const send = async (path, type, request) => {
    const { status } = await fetch(`${repository}/${path}`, { ...request, headers: { 'content-type': type } });
    if (status !== 201) throw new Failure(`dray serve answered ${status} to ${request.method} ${path}.`);
  };
  for (const [digest, body] of blobs) {
    if (manifests.has(digest)) continue;
    await send(`blobs/uploads/?digest=${digest}`, 'application/octet-stream', { method: 'POST', body });
  }
  const put = (reference, digest, type) =>
    send(`manifests/${reference}`, type, { method: 'PUT', body: blobs.get(digest) });
  for (const [digest, type] of manifests) await put(digest, digest, type);
  await put(NAME.split(':')[1], top.digest, top.mediaType);
}

/** Runs the command as a user would, but without what this user has set up. */
async function pull({ reference, platform, file, folder }) {
  const args = ['pull', '--platform', platform, '--limit-rate', '2M', '-o', shown(file), reference];
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
