import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readDaemonJson, readDraySettings } from './read-settings.ts';
import { mergeHosts } from './settings.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-settings-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function given(text: string): Promise<string> {
  const file = join(folder, 'config.json');
  await writeFile(file, text);
  return file;
}

describe('readDaemonJson', () => {
  it('takes the registries and leaves the rest', async () => {
    const file = await given(
      '{"debug": true, "registry-mirrors": ["https://m/"], "insecure-registries": ["10.0.0.0/8", "reg:5000"]}',
    );
    assert.deepEqual(await readDaemonJson(file), {
      mirrors: { 'docker.io': ['https://m/'] },
      insecure: ['10.0.0.0/8', 'reg:5000'],
    });
  });

  for (const text of ['', '{}', '\uFEFF{}']) {
    it(`finds nothing in ${JSON.stringify(text)}`, async () => {
      assert.deepEqual(await readDaemonJson(await given(text)), { insecure: [] });
    });
  }

  it('finds nothing where there is no file', async () => {
    assert.deepEqual(await readDaemonJson(join(folder, 'none', 'daemon.json')), { insecure: [] });
  });

  for (const text of ['{', '[]', '{"registry-mirrors": "https://m"}', '{"insecure-registries": [1]}']) {
    it(`refuses ${text} and names the file`, async () => {
      await assert.rejects(readDaemonJson(await given(text)), {
        code: 'INVALID_CONFIGURATION',
        message: /config\.json: /,
      });
    });
  }
});

describe('readDraySettings', () => {
  it('reads mirrors, insecure hosts and limits', async () => {
    const file = await given(
      '{"mirrors": {"docker.io": ["https://a"], "*": ["b"]}, "insecure": ["reg"], "limits": {"concurrency": 3, "rate": 1000000}}',
    );
    const { hosts, limits } = await readDraySettings(file);
    assert.deepEqual(hosts, { mirrors: { 'docker.io': ['https://a'], '*': ['b'] }, insecure: ['reg'] });
    assert.equal(limits.concurrency, 3);
    assert.equal(limits.rate, 1_000_000);
    assert.equal(limits.retries, undefined);
  });

  it('reads how much of partial downloads may stay', async () => {
    const { partials } = await readDraySettings(await given('{"partials": {"maxAge": 0}}'));
    assert.deepEqual(partials, { maxAge: 0, maxSize: undefined });
  });

  it('finds nothing where there is no file', async () => {
    assert.deepEqual((await readDraySettings(join(folder, 'none.json'))).hosts, { mirrors: {}, insecure: [] });
  });

  const bad: readonly (readonly [text: string, message: RegExp])[] = [
    ['{"mirror": {}}', /unknown setting mirror \(known: mirrors, insecure, limits, partials\)/],
    ['{"limits": {"speed": 1, "retries": 1}}', /unknown setting limits\.speed /],
    ['{"partials": {"age": 1}}', /unknown setting partials\.age \(known: maxAge, maxSize\)/],
    ['{"partials": {"maxSize": "1G"}}', /partials\.maxSize is not a whole number from 0 on/],
    ['{"limits": {"concurrency": 0}}', /limits\.concurrency is not a whole number from 1 on/],
    ['{"limits": {"rate": "10M"}}', /limits\.rate is not a whole number/],
    ['{"mirrors": ["https://a"]}', /mirrors is not an object/],
    ['{"mirrors": {"*": "https://a"}}', /mirrors\.\* is not a list of strings/],
    ['{"mirrors": {"*": ["https://u:secret@a"]}}', /username\/password not allowed/],
    ['{"insecure": true}', /insecure is not a list of strings/],
    ['{"insecure": ["a/b"]}', /insecure registry "a\/b" is not valid/],
    ['nonsense', /JSON/],
  ];
  for (const [text, message] of bad) {
    it(`refuses ${text}`, async () => {
      await assert.rejects(readDraySettings(await given(text)), { code: 'INVALID_CONFIGURATION', message });
    });
  }
});

describe('mergeHosts', () => {
  it('asks the mirrors of the first before those of the second', () => {
    const merged = mergeHosts(
      { mirrors: { a: ['1', '2'] }, insecure: ['x'], named: { insecure: true } },
      { mirrors: { a: ['2', '3'], b: ['4'] }, insecure: ['x', 'y'], certFolders: ['f'] },
    );
    assert.deepEqual(merged, {
      named: { insecure: true },
      mirrors: { a: ['1', '2', '3'], b: ['4'] },
      insecure: ['x', 'y'],
      certFolders: ['f'],
      hostsFolders: [],
    });
  });
});
