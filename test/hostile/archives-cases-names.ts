/** Configs and names of archived images. */
import { type ArchivedImage, blobsOf, dockerArchive, imageOf, imageWith, row, table } from './archives-image.ts';
import { type ArchiveCase, configOf, SEED } from './archives-stage.ts';
import { digestOf } from './layers-image.ts';
import { tar } from './layers-tar.ts';

const NAME = 'localhost:5000/app:1';
const one = imageOf('one');

function either(name: string, why: string, archive: () => Buffer): ArchiveCase {
  return { name, why, expect: 'contained', archive };
}

function withConfig(
  name: string,
  change: (config: Record<string, unknown>) => unknown,
  image: ArchivedImage = one,
): ArchiveCase {
  const other = imageWith(image.layers, change);
  return { name, why: 'not a config of these layers', expect: 'refused', archive: () => dockerArchive(other, NAME) };
}

const rootfs =
  (...ids: readonly unknown[]) =>
  (config: Record<string, unknown>) => ({ ...config, rootfs: { type: 'layers', diff_ids: ids } });

export const configs: readonly ArchiveCase[] = [
  withConfig('a diff_id that is a path', rootfs('sha256:../../../../outside/canary.txt')),
  withConfig('a diff_id that is short', rootfs('sha256:abc')),
  withConfig('a diff_id of upper case', rootfs(digestOf(one.layers[0] ?? '').toUpperCase())),
  withConfig('a diff_id of an unknown algorithm', rootfs(`md5:${'a'.repeat(32)}`)),
  withConfig('a diff_id that is a number', rootfs(7)),
  withConfig('diff_ids that are no list', (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: {} } })),
  withConfig('no rootfs', ({ rootfs: _rootfs, ...config }) => config),
  withConfig('a config that is null', () => null),
  withConfig('a config that is a list', () => []),
  either('a config of 24 MiB', 'far more than any config', () =>
    dockerArchive(
      imageWith(one.layers, (config) => ({ ...config, comment: 'x'.repeat(24 << 20) })),
      NAME,
    ),
  ),
  either('a config that is odd everywhere', 'it is shown, if at all, without harm', () =>
    dockerArchive(
      imageWith(one.layers, (config) => ({
        ...config,
        os: 7,
        architecture: ['\x1b[31m'],
        created: '\x1b]0;x\x07',
        config: { Cmd: 'x', Env: {}, Labels: { '\x1b[2J': '\x07' }, Volumes: { '/../..': {} }, User: '4294967296' },
        history: 'none',
      })),
      NAME,
    ),
  ),
  either('a layer that is no tar', 'docker refuses it; its digests are right', () =>
    dockerArchive(imageWith([Buffer.from('no tar at all')]), NAME),
  ),
];

function tagged(name: string, tags: unknown, why: string, more: Partial<ArchiveCase> = {}): ArchiveCase {
  return { name, why, expect: 'refused', archive: () => tar(...blobsOf(one), table(row(one, tags))), ...more };
}

export const names: readonly ArchiveCase[] = [
  tagged('a name of upper case', ['Hello/World:1'], 'docker refuses it'),
  tagged('a name that leads up', ['../../../outside:1'], 'not a name'),
  tagged('a name with control characters', ['localhost:5000/\x1b[31mapp\x07:1'], 'not a name'),
  tagged('a name with a new line', ['localhost:5000/app:1\nLoaded image: localhost:5000/other:1'], 'not a name'),
  tagged(
    'a name with a digest',
    [`localhost:5000/app@${digestOf('x')}`],
    'docker takes no digest for a tag: it would lie about what is there',
    {
      expect: 'contained',
      check: ({ stdout }) => {
        if (stdout.includes(digestOf('x'))) throw new Error('a digest names another content');
      },
    },
  ),
  tagged('an empty name', [''], 'not a name'),
  tagged('a good name and a bad one', [NAME, 'Bad:Name:1'], 'nothing of the archive is taken'),
  tagged('names that are no list', 'localhost:5000/app:1', 'not a row'),
  tagged('names that are numbers', [1, 2], 'not a row'),
  tagged('64 hexadecimal digits as a name', ['a'.repeat(64)], 'docker refuses it: it could be an id'),
  tagged('a tag of 200 characters', [`localhost:5000/app:${'a'.repeat(200)}`], 'docker refuses it'),
  tagged('a name of 5000 characters', [`localhost:5000/${'a'.repeat(5000)}:1`], 'docker refuses it'),
  {
    name: 'the name of an image that is there',
    why: 'docker gives it to the new one and says so (CVE-2026-50195)',
    expect: { [SEED]: configOf(one.config) },
    archive: () => dockerArchive(one, SEED),
    check: ({ status, stdout, stderr }) => {
      if (status === 0 && !/renam|replac|already exists|moved|no longer/i.test(stdout + stderr))
        throw new Error(`it was not said: ${stdout}${stderr}`);
    },
  },
];
