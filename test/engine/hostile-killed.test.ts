import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { it } from 'node:test';
import { openDiskStore } from 'dray/store';
import { ARCHIVE_SHAPES, buildImage, neverAnswer, stallAfter, startRegistry } from 'dray/testing';
import { atEnd } from '../interop/cleanup.ts';
import { COMMAND, makeFolder } from '../interop/run.ts';
import { until } from './besieged-engine.ts';

const MIB = 1 << 20;
const LAYER = 8 * MIB;
const folder = makeFolder();
const socketPath = join(folder, 'e.sock');
let engine: ChildProcess | undefined;
atEnd(() => void engine?.kill('SIGKILL'));

/** The engine, always in the same place; one that was there is killed. */
async function restart(): Promise<void> {
  if (engine !== undefined) {
    engine.kill('SIGKILL');
    await once(engine, 'exit');
    assert.ok(existsSync(socketPath), 'what was killed leaves its socket');
  }
  const words = [COMMAND, 'engine', '-q', '--listen', `unix://${socketPath}`, '--root', join(folder, 'store')];
  engine = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.equal(await firstLine(engine.stdout ?? assert.fail()), `unix://${socketPath}`);
}

async function firstLine(input: Readable): Promise<string> {
  for await (const line of createInterface({ input })) return line;
  return assert.fail('it has ended and said nothing');
}

/** Bytes that are on the disk, of what is whole and of what is not. */
async function stored(): Promise<number> {
  const store = await openDiskStore({ root: join(folder, 'store') });
  const all = [...(await store.blobs()), ...(await store.partials())];
  return all.reduce((total, { size }) => total + size, 0);
}

interface Answer {
  /** 0 where the connection ended before. */
  readonly status: number;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

interface AskOptions {
  readonly body?: string | Uint8Array;
  /** Called when the first bytes of the answer are here. */
  readonly begun?: () => void;
}

function ask(method: string, path: string, { body = '', begun = () => {} }: AskOptions = {}): Promise<Answer> {
  const headers = { 'x-registry-auth': 'e30=' };
  return new Promise((resolve) => {
    const nothing = (): void => resolve({ status: 0, body: Buffer.alloc(0), isWhole: false });
    const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.once('data', begun).on('data', (chunk: Buffer) => chunks.push(chunk));
      response
        .on('error', () => {})
        .on('close', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), isWhole: response.complete });
        });
    });
    sent.on('error', nothing).end(body);
  });
}

async function names(): Promise<readonly string[]> {
  const { status, body } = await ask('GET', '/images/json');
  assert.equal(status, 200, String(body));
  return (JSON.parse(String(body)) as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags).sort();
}

const image = (seed: string): ReturnType<typeof buildImage> =>
  buildImage({ layers: [0, 1].map((at) => ({ fill: LAYER, seed: `${seed}-${at}` })) });
const archiveOf = (name: string): Uint8Array =>
  ARCHIVE_SHAPES['docker 25, both at once']?.([{ image: image(name), names: [`${name}:1`] }]) ?? new Uint8Array();

it('killed in the middle of a pull and a push, it goes on where it was', async () => {
  const faults = [stallAfter(5 * MIB, { kind: 'blob', times: 1, when: ({ method }) => method === 'GET' })];
  const registry = await startRegistry({ images: { 'app:1': image('app') }, faults });
  atEnd(() => registry.close());
  await restart();
  const pull = `/images/create?fromImage=${registry.host}/app&tag=1`;
  const first = ask('POST', pull);
  // What has left the registry may still be on its way.
  await until(
    async () => (await stored()) > LAYER + 4 * MIB,
    () => `${registry.served.bytes} bytes were asked for`,
  );
  await restart();
  assert.equal((await first).isWhole, false);
  assert.deepEqual(await names(), []);
  const before = registry.served.bytes;
  const second = await ask('POST', pull);
  assert.match(String(second.body), /Status: Downloaded newer image/);
  assert.ok(registry.served.bytes - before < LAYER, 'what had come was fetched again');

  const target = await startRegistry({
    faults: [neverAnswer({ times: 1, when: ({ method }) => method === 'PATCH' || method === 'PUT' })],
    uploads: {},
  });
  atEnd(() => target.close());
  const name = `${target.host}/app`;
  assert.equal((await ask('POST', `/images/${registry.host}/app:1/tag?repo=${name}&tag=1`)).status, 201);
  const pushing = ask('POST', `/images/${name}/push?tag=1`);
  await until(
    () => target.requests.some(({ method }) => method === 'PATCH' || method === 'PUT'),
    () => 'nothing was sent',
  );
  await restart();
  await pushing;
  const pushed = await ask('POST', `/images/${name}/push?tag=1`);
  assert.match(String(pushed.body), /"Digest":"sha256:/);
  for (const each of await names()) assert.equal((await ask('DELETE', `/images/${each}`)).status, 200);
});

it('killed in the middle of a load and a save, it lists nothing half and loses nothing', async () => {
  await restart();
  const archive = archiveOf('loaded');
  const socket = connect(socketPath);
  socket.on('error', () => {});
  socket.write(`POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: ${archive.length}\r\n\r\n`);
  await new Promise((resolve) => void socket.write(archive.subarray(0, LAYER + 4 * MIB), resolve));
  await restart();
  assert.ok(!(await names()).includes('loaded:1'));
  const loaded = await ask('POST', '/images/load', { body: archive });
  assert.match(String(loaded.body), /Loaded image: loaded:1/);
  let begun = (): void => {};
  const reading = new Promise<void>((resolve) => (begun = resolve));
  const saving = ask('GET', '/images/get?names=loaded:1', { begun });
  await reading;
  await restart();
  await saving;
  const saved = await ask('GET', '/images/get?names=loaded:1');
  assert.ok(saved.isWhole && saved.body.length > 2 * LAYER);
  assert.equal((await ask('DELETE', '/images/loaded:1')).status, 200);
});

it('killed in the middle of a removal, it has the image or has it not', async () => {
  await restart();
  const archive = archiveOf('gone');
  for (let round = 0; round < 4; round += 1) {
    assert.match(String((await ask('POST', '/images/load', { body: archive })).body), /Loaded image: gone:1/);
    const removing = ask('DELETE', '/images/gone:1');
    await new Promise((resolve) => void setTimeout(resolve, round * 3));
    await restart();
    const { status } = await removing;
    const isKept = (await names()).includes('gone:1');
    if (status === 200) assert.ok(!isKept, 'what was removed is back');
    if (!isKept) continue;
    const saved = await ask('GET', '/images/get?names=gone:1');
    assert.ok(saved.isWhole && saved.body.length > 2 * LAYER, 'what is listed is whole');
  }
});
