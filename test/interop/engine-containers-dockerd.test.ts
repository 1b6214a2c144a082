import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { type ContainerSettings, createEngine, type Engine, type EngineOptions, type RunOptions } from 'dray/engine';
import { tarOf } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { type DockerDaemon, type Dockerd, needsOf, startDockerDaemon } from './dockerd.ts';
import { layout, OLD_DOCKERS, peerTest } from './peers.ts';
import { makeFolder, run } from './run.ts';

/** `root` is the one that dockerd needs to run containers. */
const needs = (kind: Dockerd): readonly string[] => [...needsOf(kind), 'skopeo', 'oci-busybox', 'root'];
const NEEDS = needs('graph');
const KINDS = ['graph', ...OLD_DOCKERS] as const;

const daemons = new Map<Dockerd, Promise<DockerDaemon>>();

/** A daemon that has busybox, for the whole file. */
async function daemonWithBusybox(kind: Dockerd): Promise<DockerDaemon> {
  const started = await startDockerDaemon(kind);
  const archive = join(makeFolder(), 'busybox.tar');
  await run('skopeo', ['copy', `oci:${layout('busybox')}`, `docker-archive:${archive}:busybox:latest`]);
  await started.docker('load', '-i', archive);
  return started;
}

interface Setting extends Engine {
  readonly daemon: DockerDaemon;
}

async function start(options: EngineOptions = {}, kind: Dockerd = 'graph'): Promise<Setting> {
  const starting = daemons.get(kind) ?? daemonWithBusybox(kind);
  daemons.set(kind, starting);
  const started = await starting;
  const engine = createEngine({ version: 'negotiate', ...options, host: started.host });
  atEnd(() => engine.close());
  return { ...engine, daemon: started };
}

const sh = (script: string, more: Partial<ContainerSettings> = {}): ContainerSettings => ({
  Image: 'busybox',
  Cmd: ['/bin/busybox', 'sh', '-c', script],
  HostConfig: { NetworkMode: 'none' },
  ...more,
});

async function* bytesOf(...texts: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of texts) yield Buffer.from(part);
}

/** Input without end. */
async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) yield Buffer.alloc(65_536, 'y\n');
}

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

async function runs({ containers }: Engine, settings: ContainerSettings, options: RunOptions = {}): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  let exitCode: number;
  try {
    ({ exitCode } = await containers.run(settings, { stdout, stderr, remove: true, ...options }));
  } finally {
    stdout.end();
    stderr.end();
  }
  const [out, err] = await said;
  return { exitCode, out, err };
}

const ids = async ({ containers }: Engine): Promise<readonly string[]> =>
  (await containers.list({ all: true })).map(({ Id }) => Id);

/** Waits until the engine says so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

peerTest('run: both streams, exit codes, input to its end, and nothing left', NEEDS, async () => {
  const engine = await start();
  assert.deepEqual(await runs(engine, sh('echo out; echo err >&2; exit 3')), {
    exitCode: 3,
    out: 'out\n',
    err: 'err\n',
  });
  const cat = await runs(engine, sh('cat'), { stdin: bytesOf('one ', 'two') });
  assert.deepEqual(cat, { exitCode: 0, out: 'one two', err: '' });
  // Ends at once, again and again: nothing of it may be missed.
  for (let i = 0; i < 4; i += 1) {
    const all = await Promise.all([0, 1, 2].map(() => runs(engine, sh('echo $HOSTNAME'), {})));
    for (const { out, exitCode } of all) assert.match(`${exitCode} ${out}`, /^0 [0-9a-f]{12}\n$/);
  }
  assert.deepEqual(await ids(engine), []);
});

peerTest('run: what is said is not lost where input is left over, however long it is', NEEDS, async () => {
  const engine = await start();
  for (let i = 0; i < 5; i += 1) {
    const { out } = await runs(engine, sh('head -c 5'), { stdin: endless() });
    assert.equal(out, 'y\ny\ny');
  }
  const { out, exitCode } = await runs(engine, sh('head -c 3000000 /dev/zero | tr "\\0" x; exit 4'), {
    stdin: endless(),
  });
  assert.deepEqual([out.length, exitCode], [3_000_000, 4]);
});

peerTest('run: with a terminal', NEEDS, async () => {
  const engine = await start();
  const Tty = true;
  const { out, err } = await runs(engine, sh('tty; echo err >&2', { Tty }));
  assert.deepEqual([out, err], ['/dev/pts/0\r\nerr\r\n', '']);
  const typed = await runs(engine, sh('read -r line; echo "got $line"; cat', { Tty }), {
    stdin: bytesOf('abc\n', '\u0004'),
  });
  assert.match(typed.out, /got abc\r\n/);
  assert.deepEqual(await ids(engine), []);
});

peerTest('run: what fails or is cancelled leaves no container', NEEDS, async () => {
  const engine = await start();
  await assert.rejects(runs(engine, { Image: 'busybox', Cmd: ['nosuch'] }), {
    code: 'INVALID_OPTION',
    message: /nosuch/,
  });
  await assert.rejects(runs(engine, { Image: 'nosuch' }), {
    code: 'NOT_FOUND',
    message: /No such image: nosuch:latest/,
  });
  const stop = new AbortController();
  const stdout = new PassThrough().once('data', () => stop.abort());
  const sleeping = engine.containers.run(sh('echo up; sleep 1000'), { stdout, signal: stop.signal });
  await assert.rejects(sleeping, { code: 'CANCELLED' });
  const broken = new PassThrough();
  broken.once('data', () => broken.destroy(new Error('broken pipe')));
  await assert.rejects(engine.containers.run(sh('yes'), { stdout: broken }), { code: 'IO_FAILED' });
  assert.deepEqual(await ids(engine), []);
});

for (const kind of KINDS) {
  peerTest(`dockerd (${kind}): create, attach, wait, half closed; stop, start, kill, remove`, needs(kind), async () => {
    const { containers } = await start({}, kind);
    const settings = sh('trap "echo bye; exit 7" TERM; cat; echo eof; while :; do sleep 0.1; done', {
      OpenStdin: true,
      StdinOnce: true,
    });
    const { Id, Warnings } = await containers.create(settings, { name: 'web' });
    assert.deepEqual(Warnings ?? [], []);
    const attached = await containers.attach('web', { stdin: true });
    const waiting = containers.wait(Id, { condition: 'next-exit' });
    await waiting.ready;
    await containers.start('web');
    const lines = linesOf(attached.stdout);
    attached.stdin.write('in\n');
    assert.equal(await lines(), 'in');
    attached.stdin.end();
    assert.equal(await lines(), 'eof');
    await containers.start('web');
    assert.equal((await containers.inspect(Id)).State.Running, true);
    await containers.pause('web');
    assert.equal((await containers.inspect(Id)).State.Status, 'paused');
    await assert.rejects(containers.pause('web'), { code: 'CONFLICT' });
    await containers.unpause('web');
    await assert.rejects(containers.remove('web'), { code: 'CONFLICT' });
    await containers.stop('web', { timeout: 20 });
    assert.equal(await lines(), 'bye');
    assert.deepEqual((await waiting).StatusCode, 7);
    attached.stderr.resume();
    await attached.done;
    await containers.stop('web');
    // Once more: it says eof at once now, for nobody gives it anything.
    await containers.restart('web', { timeout: 0 });
    const again = containers.wait('web', { condition: 'next-exit' });
    await again.ready;
    await containers.kill('web', { killSignal: 'SIGKILL' });
    assert.equal((await again).StatusCode, 137);
    await containers.rename('web', 'other');
    assert.equal((await containers.inspect('other')).Name, '/other');
    await containers.remove('other', { volumes: true });
    await assert.rejects(containers.inspect('other'), { code: 'NOT_FOUND', message: /No such container: other/ });
  });
}

/** Gives one line after the other. */
function linesOf(stream: Readable): () => Promise<string> {
  let rest = '';
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return async () => {
    while (!rest.includes('\n')) {
      const { value, done } = await chunks.next();
      assert.ok(done !== true, `ended after ${rest}`);
      rest += value.toString();
    }
    const end = rest.indexOf('\n');
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return line;
  };
}

/** Waits in a container until there is a file. */
const wait = (name: string): string => `until [ -e /${name} ]; do sleep 0.05; done`;

/** An archive of an empty file. */
async function* filesOf(name: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield tarOf([{ name, content: '' }]);
}

peerTest('logs: both streams, the last lines, times, and those that follow', NEEDS, async () => {
  const { containers } = await start();
  const read = async (...args: Parameters<typeof containers.logs>): Promise<string> => {
    let all = '';
    for await (const { stream, bytes } of containers.logs(...args)) all += `${stream}:${Buffer.from(bytes).toString()}`;
    return all;
  };
  // Two streams have no order: what goes to the other one waits until what came before has been read.
  const script = `echo one; ${wait('a')}; echo two >&2; ${wait('b')}; echo three`;
  for (const Tty of [false, true]) {
    const { Id } = await containers.create(sh(script, { Tty }));
    await containers.start(Id);
    const [n, err] = Tty ? ['\r\n', 'stdout'] : ['\n', 'stderr'];
    // A silent container's log is followed from its beginning to the end.
    let followed = '';
    for await (const { stream, bytes } of containers.logs(Id, { follow: true })) {
      const said = `${stream}:${Buffer.from(bytes).toString()}`;
      followed += said;
      const next = said.includes('one') ? 'a' : 'b';
      if (!said.includes('three')) await containers.putArchive(Id, filesOf(next), { path: '/' });
    }
    assert.equal(followed, `stdout:one${n}${err}:two${n}stdout:three${n}`);
    assert.equal(await read(Id, { tail: 1 }), `stdout:three${n}`);
    if (!Tty) assert.equal(await read(Id, { stdout: false }), 'stderr:two\n');
    assert.match(await read(Id, { tail: 1, timestamps: true }), /^stdout:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z three/);
    assert.equal(await read(Id, { since: new Date(Date.now() + 60_000) }), '');
    await containers.remove(Id, { force: true });
  }
  const { Id } = await containers.create(sh('while :; do echo line; sleep 0.05; done'));
  await containers.start(Id);
  let lines = 0;
  for await (const _ of containers.logs(Id, { follow: true })) if (++lines === 3) break;
  await containers.remove(Id, { force: true });
  await assert.rejects(read(Id), { code: 'NOT_FOUND' });
});

for (const kind of KINDS) {
  peerTest(`dockerd (${kind}): exec: output, input, exit codes, a terminal and its size`, needs(kind), async () => {
    const { containers, exec } = await start({}, kind);
    const { Id } = await containers.create(sh('sleep 1000'));
    await containers.start(Id);
    const command = (script: string): { readonly Cmd: readonly string[] } => ({
      Cmd: ['/bin/busybox', 'sh', '-c', script],
    });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const { exitCode } = await exec.run(Id, command('cat; echo err >&2; exit 5'), {
      stdin: bytesOf('in'),
      stdout,
      stderr,
    });
    assert.deepEqual([exitCode, await text(stdout.end()), await text(stderr.end())], [5, 'in', 'err\n']);
    assert.equal((await exec.run(Id, command('exit 1'))).exitCode, 1);

    const made = await exec.create(Id, {
      ...command('read -r x; stty size; tty'),
      AttachStdin: true,
      AttachStdout: true,
      Tty: true,
    });
    const attached = await exec.start(made.Id, { tty: true, stdin: true });
    assert.ok(attached.hasTerminal);
    await exec.resize(made.Id, { rows: 33, columns: 99 });
    assert.equal((await exec.inspect(made.Id)).Running, true);
    attached.stdin.write('go\n');
    assert.match(await text(attached.stdout), /\/dev\/pts\/\d/);
    await attached.done;
    // Its streams may end before the engine knows that it has.
    await until(async () => !(await exec.inspect(made.Id)).Running);
    assert.equal((await exec.inspect(made.Id)).ExitCode, 0);

    const detached = await exec.create(Id, command('echo done > /marker'));
    await exec.startDetached(detached.Id);
    await until(async () => !(await exec.inspect(detached.Id)).Running);
    assert.equal((await containers.statArchive(Id, '/marker')).size, 5);
    await containers.stop(Id, { timeout: 0 });
    await assert.rejects(exec.create(Id, command('true')), { code: 'CONFLICT', message: /is not running/ });
    await assert.rejects(exec.inspect('0'.repeat(64)), { code: 'NOT_FOUND' });
    await containers.remove(Id);
  });
}

peerTest('list, inspect, top, stats, changes, commit, prune', NEEDS, async () => {
  const engine = await start();
  const { containers, images } = engine;
  const { Id } = await containers.create(sh('echo x > /new; rm -f /bin/nothing; sleep 1000', { Labels: { a: 'b' } }), {
    name: 'listed',
  });
  assert.deepEqual(await containers.list(), []);
  const [created] = await containers.list({ all: true, filters: { label: ['a=b'] } });
  assert.deepEqual([created?.Id, created?.Names, created?.State], [Id, ['/listed'], 'created']);
  await containers.start(Id);
  // A container that has started is the runtime's own process for a moment.
  await until(async () => (await containers.changes(Id)).some(({ Path, Kind }) => Path === '/new' && Kind === 1));
  const [row] = await containers.list({ size: true, limit: 1 });
  assert.ok(row?.State === 'running' && row.SizeRootFs !== undefined && row.Image === 'busybox');
  assert.deepEqual(await containers.list({ filters: { name: ['nosuch'] } }), []);
  const { Titles, Processes } = await containers.top(Id);
  assert.match(Processes?.[0]?.[Titles.indexOf('CMD')] ?? '', /sleep 1000|busybox sh/);
  const { cpu_stats: cpu, name } = await containers.statsOnce(Id);
  assert.ok(cpu.cpu_usage.total_usage > 0 && name === '/listed');
  let count = 0;
  for await (const { read } of containers.stats(Id)) {
    assert.match(read, /^\d{4}-/);
    if (++count === 2) break;
  }
  const committed = await containers.commit(Id, {
    repo: 'committed',
    tag: '1',
    comment: 'msg',
    changes: ['CMD ["/bin/busybox","cat","/new"]'],
  });
  assert.match(committed.Id, /^sha256:/);
  assert.equal((await runs(engine, { Image: 'committed:1', HostConfig: { NetworkMode: 'none' } })).out, 'x\n');
  await images.remove('committed:1');
  await containers.kill(Id);
  await containers.wait(Id);
  assert.deepEqual((await containers.prune({ filters: { label: ['a=c'] } })).ContainersDeleted ?? [], []);
  assert.deepEqual((await containers.prune({ filters: { label: ['a=b'] } })).ContainersDeleted, [Id]);
});

peerTest('files into a container and out of it, as docker cp has them', NEEDS, async () => {
  const {
    containers,
    daemon: { docker },
  } = await start();
  const { Id } = await containers.create(sh('cat /in/file'));
  const tar = tarOf([{ name: 'in/' }, { name: 'in/file', content: 'content' }, { name: 'in/link', link: 'file' }]);
  await containers.putArchive(
    Id,
    (async function* () {
      yield tar;
    })(),
    { path: '/' },
  );
  const { name, size, mode, linkTarget } = await containers.statArchive(Id, '/in/link');
  assert.deepEqual([name, size >= 0, linkTarget, (mode & (1 << 27)) !== 0], ['link', true, '/in/file', true]);
  const { stat, tar: out } = await containers.getArchive(Id, '/in/file');
  assert.deepEqual([stat.name, stat.size], ['file', 7]);
  const bytes = await buffer(out);
  assert.match(bytes.toString('latin1'), /^file\0[^]*content\0/);
  const folder = makeFolder();
  await docker('cp', `${Id}:/in/file`, folder);
  assert.equal(await run('cat', [join(folder, 'file')]), 'content');
  await assert.rejects(containers.statArchive(Id, '/nosuch'), { code: 'NOT_FOUND' });
  await assert.rejects(containers.getArchive(Id, '/nosuch'), { code: 'NOT_FOUND', message: /nosuch/ });
  await containers.remove(Id);
});

peerTest('an older version of the API: the terminal is asked for', NEEDS, async () => {
  const engine = await start({ version: '1.41' });
  assert.equal((await runs(engine, sh('echo out; echo err >&2'))).err, 'err\n');
  assert.equal((await runs(engine, sh('echo out', { Tty: true }))).out, 'out\r\n');
});

peerTest('ten megabytes for a reader that is slow come whole', NEEDS, async () => {
  const { containers } = await start();
  const { Id } = await containers.create(sh('head -c 10000000 /dev/zero'));
  const attached = await containers.attach(Id);
  await containers.start(Id);
  let length = 0;
  for await (const { bytes } of attached.frames()) {
    length += bytes.length;
    await new Promise(setImmediate);
  }
  assert.equal(length, 10_000_000);
  await containers.remove(Id, { force: true });
});
