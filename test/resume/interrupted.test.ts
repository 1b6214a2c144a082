import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildImage, buildLayer, startCountingProxy } from 'dray/testing';
import { checkArchive } from '../hostile/archive-check.ts';
import { command, runDray } from '../hostile/run-dray.ts';
import { checkServed, noFile, OUTPUTS, type Output, openScene, pull, pullUntil, type Scene } from './pulled-again.ts';
import { MiB, RATE, SLOW_RATE, scene, several, totalOf } from './several.ts';

const total = totalOf(several);
const [store, straight] = OUTPUTS;

describe('two processes with one root', { concurrency: 2 }, () => {
  const into = (name: string) => ({ ...store, flags: ['-o', name] });
  const both = (open: Scene): void => {
    for (const name of ['one.tar', 'two.tar']) {
      const path = join(open.folder, name);
      if (existsSync(path)) checkArchive(readFileSync(path), open.image);
    }
  };

  scene('cost the image once', async (open) => {
    const ended = await Promise.all([pull(open, into('one.tar')), pull(open, into('two.tar'))]);
    for (const { status, stderr } of ended) assert.equal(status, 0, stderr);
    assert.ok(existsSync(join(open.folder, 'two.tar')));
    both(open);
    const { bytes } = open.registry.served;
    assert.ok(bytes <= total * 1.05, `${bytes} bytes served for ${total}`);
  });

  scene(
    'cost the image once, also when the first is killed',
    async (open) => {
      const first = pullUntil(open, into('one.tar'), { signal: 'SIGKILL', bytes: total / 2 });
      await new Promise((resolve) => setTimeout(resolve, 150));
      const second = await pull(open, into('two.tar'));
      assert.equal((await first).signal, 'SIGKILL');
      assert.equal(second.status, 0, second.stderr);
      assert.ok(!existsSync(join(open.folder, 'one.tar')));
      both(open);
      const { bytes } = open.registry.served;
      assert.ok(bytes < total + MiB, `${bytes} bytes served for ${total}`);
    },
    several,
    SLOW_RATE,
  );

  scene(
    'cost the image once, also with several connections and threads',
    async (open) => {
      const ended = await Promise.all([pull(open, into('one.tar')), pull(open, into('two.tar'))]);
      for (const { status, stderr } of ended) assert.equal(status, 0, stderr);
      both(open);
      const { bytes } = open.registry.served;
      assert.ok(bytes <= totalOf(open.image) * 1.05, `${bytes} bytes served for ${totalOf(open.image)}`);
    },
    buildImage({ layers: [40 * MiB, 8 * MiB, 4 * MiB].map((fill, at) => buildLayer({ fill, seed: `two-${at}` })) }),
  );
});

describe('a network', { concurrency: 2 }, () => {
  for (const output of [store, straight]) {
    scene(`that is cut three times costs no byte, into ${output.name}`, async (open) => {
      let cuts = 0;
      const timer = setInterval(() => {
        if (open.proxy.down < ((cuts + 1) * total) / 5) return;
        cuts += 1;
        open.proxy.cut();
        if (cuts === 3) clearInterval(timer);
      }, 2);
      const ended = await pull(open, output);
      clearInterval(timer);
      assert.equal(ended.status, 0, ended.stderr);
      assert.equal(cuts, 3);
      output.check(open);
      checkServed(open);
    });
  }

  test('that is away for two seconds is waited for', async () => {
    const open = await openScene(several, RATE);
    const port = Number(open.proxy.host.split(':')[1]);
    try {
      const pulled = pull(open, store);
      while (open.proxy.down < total / 2) await new Promise((resolve) => setTimeout(resolve, 5));
      await open.proxy.close();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const back = await startCountingProxy(open.registry.host, { port });
      try {
        const ended = await pulled;
        assert.equal(ended.status, 0, ended.stderr);
        store.check(open);
        checkServed(open);
      } finally {
        await back.close();
      }
    } finally {
      await open.close();
    }
  });

  scene('that is gone for good ends the pull, and the next run goes on', async (open) => {
    let gone = false;
    const timer = setInterval(() => {
      if (open.proxy.down < total / 2) return;
      clearInterval(timer);
      gone = true;
      void open.proxy.close();
    }, 5);
    const ended = await pull(open, { ...store, flags: [...store.flags, '--retry', '1'] });
    assert.ok(gone);
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, /refused the connection|closed the connection/);
    noFile(open);
    const again = await startCountingProxy(open.registry.host, { port: Number(open.proxy.host.split(':')[1]) });
    try {
      assert.equal((await pull(open, store)).status, 0);
    } finally {
      await again.close();
    }
    store.check(open);
    checkServed(open);
  });
});

describe('a disk that is full', { concurrency: 2 }, () => {
  /** What the limit of a shell or a small disk makes of a pull. */
  const fails = (open: Scene, stderr: string, path: RegExp): void => {
    const error = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    assert.equal(error['code'], 'DISK_FULL', stderr);
    assert.match(String(error['message']), path);
    noFile(open);
  };

  const limited = async (open: Scene, output: Output): Promise<void> => {
    const flags = ['--insecure', '--platform', 'linux/amd64', '--progress', 'json', '--no-sync', ...output.flags];
    const line = ['pull', open.reference('app:1'), ...flags].map((word) => `'${word}'`).join(' ');
    const shell = `ulimit -f 1500; exec '${process.execPath}' '${command}' ${line}`;
    const ended = await runDray([], { folder: open.folder, program: ['/bin/bash', '-c', shell] });
    assert.equal(ended.status, 1, ended.stderr);
    fails(open, ended.stderr, /store\/ingest|app\.tar|layout/);
    const again = await pull(open, output);
    assert.equal(again.status, 0, again.stderr);
    output.check(open);
    checkServed(open);
  };
  for (const output of OUTPUTS) {
    scene(`by the limit of a shell (ulimit -f) is told, and the next run goes on, into ${output.name}`, (open) =>
      limited(open, output),
    );
  }
  const much = { layers: [18 * MiB, 16 * MiB, 16 * MiB].map((fill, at) => buildLayer({ fill, seed: `much-${at}` })) };
  scene('that another thread meets is told too', (open) => limited(open, store), buildImage(much));

  test('is told, and the next run goes on', async (t) => {
    const open = await openScene(several, RATE);
    const disk = join(open.folder, 'store');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      if (mounted.status !== 0) return t.skip(`no right to mount a small disk: ${String(mounted.stderr)}`);
      const ended = await pull(open, store);
      assert.equal(ended.status, 1, ended.stderr);
      fails(open, ended.stderr, /store/);
      spawnSync('mount', ['-o', 'remount,size=20m', disk]);
      const again = await pull(open, store);
      assert.equal(again.status, 0, again.stderr);
      store.check(open);
      checkServed(open);
    } finally {
      if (mounted.status === 0) spawnSync('umount', [disk]);
      await open.close();
    }
  });

  test('under the file is told, and leaves none', async (t) => {
    const open = await openScene(several, RATE);
    const disk = join(open.folder, 'out');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      if (mounted.status !== 0) return t.skip(`no right to mount a small disk: ${String(mounted.stderr)}`);
      const ended = await pull(open, { ...store, flags: ['-o', 'out/app.tar'] });
      assert.equal(ended.status, 1, ended.stderr);
      fails(open, ended.stderr, /out\/app\.tar/);
      assert.deepEqual(readdirSync(disk), []);
      const { bytes } = open.registry.served;
      assert.equal((await pull(open, store)).status, 0);
      assert.equal(open.registry.served.bytes - bytes < 5000, true, 'layers were fetched again');
    } finally {
      if (mounted.status === 0) spawnSync('umount', [disk]);
      await open.close();
    }
  });
});

describe('layers that are there', { concurrency: 2 }, () => {
  const [first, second, third] = several.layers;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const other = buildImage({ layers: [first, second, { fill: 100_000, seed: 'other' }] });
  const requestsFor = (open: Scene, digest: string): number =>
    open.registry.requests.filter(({ reference }) => reference === digest).length;

  scene('are not asked for by another reference', async (open) => {
    open.registry.add('app:2', other);
    for (const name of ['app:1', 'app:2']) {
      const ended = await runDray(['pull', open.reference(name)], { folder: open.folder });
      assert.equal(ended.status, 0, ended.stderr);
    }
    for (const { digest } of [...several.layers, ...other.layers]) assert.equal(requestsFor(open, digest), 1);
  });

  scene('are not asked for twice by one command', async (open) => {
    open.registry.add('app:2', other);
    for (const flags of [[], ['--no-store', '-o', 'both.tar']]) {
      const before = open.registry.requests.length;
      const names = ['app:1', 'app:2'].map((name) => open.reference(name));
      const ended = await runDray(['pull', ...names, ...flags, '--platform', 'linux/amd64'], { folder: open.folder });
      assert.equal(ended.status, 0, ended.stderr);
      const asked = open.registry.requests.slice(before).filter(({ kind }) => kind === 'blob');
      assert.equal(new Set(asked.map(({ reference }) => reference)).size, asked.length);
    }
  });

  scene('mean that no blob is asked for', async (open) => {
    assert.equal((await pull(open, store)).status, 0);
    const before = open.registry.requests.length;
    const again = await pull(open, store);
    assert.equal(again.status, 0);
    assert.match(again.stdout, /up to date/);
    assert.deepEqual(
      open.registry.requests.slice(before).map(({ kind }) => kind),
      ['manifest'],
    );
  });
});
