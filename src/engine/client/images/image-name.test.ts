import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { fakeConnection } from '../fake-connection.test.fixture.ts';
import { imageName } from './image-name.ts';
import { imagesOf } from './images.ts';

const HEX = 'a78f474d45afc972997653dee6eda7f648daf9785e5bd58895c380c5e4478dc0';

test('names and IDs go out as they were given', () => {
  const names = [
    'busybox',
    'busybox:1.37',
    'library/busybox',
    'docker.io/library/busybox:latest',
    'localhost:5000/team/app:1',
    `localhost:5000/app@sha256:${HEX}`,
    `app:1@sha256:${HEX}`,
    'UPPER/x',
    `sha256:${HEX}`,
    HEX,
    'a78f474d45af',
    'sha256:a78f',
  ];
  for (const name of names) assert.equal(imageName(name), name);
});

const TRICKS = [
  '',
  'x?force=1',
  'x#y',
  'x y',
  'x\ny',
  'x\r\nHost: evil',
  'x\u0000',
  '../containers/x',
  'x/../y',
  '/x',
  'x//y',
  'x/',
  'x%2f..',
  'x;y',
  'x\\y',
  'ä',
  `x@sha256:${HEX}?y`,
];

test('what could change the request is refused before anything is sent', async () => {
  const connection = fakeConnection();
  const images = imagesOf(connection);
  for (const name of TRICKS) {
    assert.throws(
      () => imageName(name),
      (error) => hasCode(error, 'INVALID_REFERENCE', 'UNSUPPORTED'),
      name,
    );
    const calls: readonly (() => unknown)[] = [
      () => images.inspect(name),
      () => images.history(name),
      () => images.tag(name, 'y:1'),
      () => images.tag('x', name),
      () => images.remove(name),
      () => images.distribution(name),
      () => images.pull(name).done(),
      () => images.push(name).done(),
      () => images.import('http://host.example/x.tar', { reference: name }).done(),
      () => all(images.save(['x', name])),
    ];
    for (const call of calls) {
      await assert.rejects(
        async () => call(),
        (error) => hasCode(error, 'INVALID_REFERENCE', 'UNSUPPORTED'),
        name,
      );
    }
  }
  assert.deepEqual(connection.requests, []);
});

async function all(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of bytes);
}
