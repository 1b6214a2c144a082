import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '#oci';
import { helloImage } from '#testing';
import { apiError } from '../http/api-error.ts';
import { pushGraph, tagOf } from './push-graph.test.fixture.ts';
import { pushBlob, served } from './served.test.fixture.ts';

const image = helloImage('amd64');

test('while nothing may be written, no request that writes gets through', async (t) => {
  let isOpen = true;
  const registry = await served(t, {
    policies: [
      {
        allowWrite() {
          if (!isOpen) throw apiError(405, 'UNSUPPORTED', 'read-only');
        },
      },
    ],
  });
  await pushGraph(registry, 'app', image, 'a');
  const blob = await pushBlob(registry, 'app', Buffer.from('blob'));
  const { headers } = await registry.ask('POST', '/v2/app/blobs/uploads/');
  const upload = headers.location ?? '';
  isOpen = false;
  const body = 'new';
  for (const [method, path] of [
    ['POST', '/v2/app/blobs/uploads/'],
    ['POST', `/v2/app/blobs/uploads/?digest=${digestOf(body)}`],
    ['POST', `/v2/other/blobs/uploads/?mount=${blob}&from=app`],
    ['PATCH', upload],
    ['PUT', `${upload}?digest=${digestOf(body)}`],
    ['DELETE', upload],
    ['DELETE', `/v2/app/blobs/${blob}`],
    ['PUT', '/v2/app/manifests/b'],
    ['DELETE', '/v2/app/manifests/a'],
    ['DELETE', `/v2/app/manifests/${image.root.digest}`],
  ] as const) {
    const { status, codes } = await registry.ask(method, path, method === 'DELETE' ? {} : { body });
    assert.deepEqual([status, codes], [405, ['UNSUPPORTED']], `${method} ${path}`);
  }
  assert.equal(await tagOf(registry, 'a'), image.root.digest);
  assert.equal((await registry.ask('HEAD', `/v2/app/blobs/${blob}`)).status, 200);
  assert.equal((await registry.ask('GET', upload)).headers.range, '0-0');
});
