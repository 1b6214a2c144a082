import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { digestOf } from '#oci';
import type { AccessControl } from '../access/port.ts';
import { ApiError } from '../http/api-error.ts';
import { served } from './served.test.fixture.ts';

const REFUSAL = new ApiError(401, { code: 'UNAUTHORIZED', message: 'who?' }, { 'www-authenticate': 'Basic realm="x"' });
const CLOSED: AccessControl = { admit: () => ({ refusal: REFUSAL }) };

/** The names of an answer's headers as they are on the wire. */
function namesOf(port: number, method: string, path: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.rawHeaders.filter((_, at) => at % 2 === 0)));
    });
    sent.on('error', reject).end();
  });
}

test('headers are spelled as docker-registry spells them: scripts look for them so', async (t) => {
  const open = await served(t);
  const closed = await served(t, { access: CLOSED });
  const cases = [
    [open.port, 'POST', '/v2/app/blobs/uploads/', 'Docker-Upload-Uuid'],
    [open.port, 'POST', '/v2/app/blobs/uploads/', 'Location'],
    [open.port, 'DELETE', '/v2/', 'Allow'],
    [closed.port, 'GET', '/v2/', 'Www-Authenticate'],
  ] as const;
  for (const [port, method, path, name] of cases) {
    const names = await namesOf(port, method, path);
    assert.ok(names.includes(name), `${method} ${path}: ${names.join(', ')}`);
  }
});

test('of several headers with one name all are told, whatever else every answer has', async (t) => {
  const registry = await served(t, { repositoryFor: (name) => name });
  const body = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';
  const path = `/v2/app/manifests/${digestOf(body)}?tag=a&tag=b&ns=docker.io`;
  const { status, headers } = await registry.ask('PUT', path, { body });
  assert.deepEqual([status, headers['oci-tag'], headers['oci-namespace']], [201, 'a, b', 'docker.io']);
});
