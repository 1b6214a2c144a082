import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDray } from 'dray';
import { startEngineServer } from 'dray/daemon';
import { helloIndex, startRegistry } from 'dray/testing';
import { transform } from 'esbuild';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'dray-readme-'));
const sampleFile = join(root, 'dist-test', `readme-sample-${process.pid}.mjs`);
after(() => {
  rmSync(folder, { recursive: true });
  rmSync(sampleFile, { force: true });
});

/** The blocks of code in a text. */
function blocks(text: string): readonly string[] {
  return [...text.matchAll(/^```\w*\n(?<code>[^]*?)^```$/gm)].map(({ groups }) => groups?.['code'] ?? '');
}

/** Settings of nobody, and all the files that a sample makes in a folder of its own. */
const env = { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };

test('the two commands for a fresh machine stand on top', () => {
  const [first = ''] = blocks(readme);
  assert.match(first, /^npm run demo\b/m);
  assert.match(first, /^npm test\b/m);
});

/** The code between the marks of a page. */
function sampleIn(text: string): string {
  const [, between] = /^<!-- sample\b[^>]*-->(?<sample>[^]*?)^<!-- end of sample -->/m.exec(text) ?? [];
  const [sample] = blocks(between ?? '');
  assert.ok(sample !== undefined, 'no sample stands between its two marks');
  assert.match(sample, /'localhost:5000\/hello:latest'/);
  return sample;
}

/** What a sample prints. It runs in the package's own tree, where its name is known. */
async function runSample(sample: string, host: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const local = sample.replaceAll('localhost:5000', host);
  writeFileSync(sampleFile, (await transform(local, { loader: 'ts', format: 'esm', target: 'node20' })).code);
  const options = { cwd: folder, env: { ...env, ...more }, timeout: 60_000 };
  const { stdout, stderr } = await execute(process.execPath, [sampleFile], options);
  assert.notEqual(stdout, '', stderr);
  return stdout;
}

test('the library sample runs', async () => {
  const sample = sampleIn(readme);
  assert.match(sample, /from 'dray'/);
  const registry = await startRegistry({ images: { 'hello:latest': helloIndex() } });
  try {
    await runSample(sample, registry.host);
    assert.ok(registry.served.bytes > 0);
  } finally {
    await registry.close();
  }
});

test("the sample of the engine's client runs", { skip: process.platform === 'win32' }, async () => {
  const page = readFileSync(join(root, 'docs/engine.md'), 'utf8');
  const registry = await startRegistry({ images: { 'hello:latest': helloIndex() } });
  const dray = createDray({ root: join(folder, 'store'), env: { HOME: folder } });
  const address = { kind: 'unix', path: join(folder, 'engine.sock') } as const;
  const engine = await startEngineServer({ dray, version: '0.0.0', address });
  try {
    const printed = await runSample(sampleIn(page), registry.host, { DOCKER_HOST: engine.host });
    assert.match(printed, /^sha256:\w{64} Downloaded newer image for \S+\/hello:latest$/m);
    assert.match(printed, /^\[ '\S+\/mine:1' \]$/m);
    assert.deepEqual(await dray.tags(`${registry.host}/mine`), ['1']);
  } finally {
    await engine.close();
    await dray.close();
    await registry.close();
  }
});

/** `dray …` at the start of a line of code, up to a pipe or what is said about it after two spaces. */
function commandsIn(text: string): readonly string[] {
  const lines = blocks(text).flatMap((block) => block.split('\n'));
  return lines
    .filter((line) => line.startsWith('dray '))
    .map((line) => (/^dray .*?(?= {2}| \||$)/.exec(line) ?? [''])[0]);
}

test('the commands that it names are there, with the options that it gives them', async () => {
  const uses = commandsIn(readme);
  assert.ok(uses.length >= 10, `${uses.length} commands`);
  for (const use of new Set(uses)) {
    const [, command = '', word = ''] = use.split(/\s+/);
    const ask = async (...words: string[]): Promise<string> =>
      (await execute(process.execPath, [join(root, 'dist/dray.mjs'), ...words, '--help'], { env })).stdout;
    const first = await ask(command);
    const help = first.startsWith(`Usage:  dray ${command} COMMAND`) ? await ask(command, word) : first;
    for (const [option] of use.matchAll(/(?<=\s)(--[a-z][a-z-]*|-[a-zA-Z])(?=[\s=]|$)/g)) {
      assert.match(help, new RegExp(`(^|[\\s,])${option}([\\s,=<]|$)`, 'm'), `${use}: ${option}`);
    }
  }
});
