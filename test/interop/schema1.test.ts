import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { helloImage, PROGRAM_OUTPUT } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { sha256, startDockerRegistry } from './docker-registry.ts';
import { startDockerDaemon } from './dockerd.ts';
import { layout, peerTest } from './peers.ts';
import { createUser, run } from './run.ts';

/** A client from before schema2: passes requests on, but says of no manifest what it takes. docker-registry then answers in schema1. */
async function startOldClient(port: number): Promise<string> {
  const server = createServer((asked, response) => {
    const { accept: _, ...others } = asked.headers;
    const headers = asked.url?.includes('/manifests/') === true ? others : asked.headers;
    const upstream = request({ host: '127.0.0.1', port, path: asked.url, method: asked.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    asked.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

peerTest(
  'signed schema1: the same image id as skopeo makes of it',
  ['docker-registry', 'skopeo', 'oci-many'],
  async () => {
    const registry = await startDockerRegistry();
    await registry.push('old/hello:1', helloImage('amd64', { flavour: 'docker' }));
    const copy = ['copy', '-q', '--format=v2s2', '--dest-tls-verify=false'];
    await run('skopeo', [...copy, `oci:${layout('many')}`, `docker://${registry.host}/old/many:1`]);
    const host = await startOldClient(registry.port);
    for (const name of ['hello', 'many']) {
      const reference = `${host}/old/${name}:1`;
      const { dray, home } = createUser();
      const raw = JSON.parse(await dray(['manifest', '--raw', reference])) as { readonly schemaVersion: number };
      assert.equal(raw.schemaVersion, 1);
      await dray(['pull', '-o', 'image.tar', reference]);
      const convert = ['copy', '-q', '--format=v2s2', '--src-tls-verify=false', `docker://${reference}`];
      await run('skopeo', [...convert, `docker-archive:${join(home, 'other.tar')}`]);
      const [ours, theirs] = await Promise.all(
        ['image.tar', 'other.tar'].map(async (file) =>
          run('skopeo', ['inspect', '--config', '--raw', `docker-archive:${join(home, file)}`]),
        ),
      );
      assert.equal(ours, theirs);
      assert.equal(await dray(['images', '-q', '--no-trunc']), `${sha256(ours ?? '')}\n`);
    }
  },
);

peerTest(
  'signed schema1: docker loads what was converted, and runs it',
  ['docker-registry', 'dockerd', 'containerd', 'runc', 'docker'],
  async () => {
    const registry = await startDockerRegistry();
    await registry.push('old/hello:1', helloImage('amd64', { flavour: 'docker' }));
    const reference = `${await startOldClient(registry.port)}/old/hello:1`;
    const { dray, home } = createUser();
    await dray(['pull', '-o', 'image.tar', reference]);
    const daemon = await startDockerDaemon('graph');
    assert.equal(await daemon.docker('load', '-i', join(home, 'image.tar')), `Loaded image: ${reference}\n`);
    assert.equal(await daemon.docker('run', '--rm', '--network=none', reference), PROGRAM_OUTPUT);
    const id = await dray(['images', '-q', '--no-trunc']);
    assert.equal(await daemon.docker('images', '-q', '--no-trunc'), id);
  },
);
