import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sha256, startDockerRegistry } from './docker-registry.ts';
import { startDockerDaemon } from './dockerd.ts';
import { layout, peerTest } from './peers.ts';
import { createUser, run } from './run.ts';

/** Real images; the large ones only when they are asked for. */
const NAMES = process.env['DRAY_LARGE_IMAGES'] === '1' ? ['busybox', 'many', 'debian', 'big'] : ['busybox', 'many'];

const NEEDS = ['docker-registry', 'dockerd', 'containerd', 'runc', 'docker', 'skopeo'];

for (const name of NAMES) {
  peerTest(`docker load: the real image ${name}`, [...NEEDS, `oci-${name}`], async () => {
    const registry = await startDockerRegistry();
    const daemon = await startDockerDaemon('graph');
    const reference = `${registry.host}/real/${name}:1`;
    await run('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci:${layout(name)}`, `docker://${reference}`]);
    const { dray, home } = createUser();
    const flags = name === 'busybox' ? [] : ['--no-store'];
    await dray(['pull', '-q', ...flags, '-o', 'image.tar.gz', reference]);
    assert.equal(await daemon.docker('load', '-i', join(home, 'image.tar.gz')), `Loaded image: ${reference}\n`);
    const config = await run('skopeo', ['inspect', '--raw', '--config', `oci:${layout(name)}`]);
    assert.equal(await daemon.docker('image', 'inspect', '--format={{.Id}}', reference), `${sha256(config)}\n`);
  });
}
