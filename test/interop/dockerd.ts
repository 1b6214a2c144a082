import { join } from 'node:path';
import { type Ended, finish, makeFolder, run } from './run.ts';
import { startService } from './service.ts';

/** A real Docker daemon with nothing in it. */
export interface DockerDaemon {
  /** docker, which must succeed; gives its stdout. */
  docker(...args: readonly string[]): Promise<string>;
  /** docker, whatever comes of it. */
  tryDocker(...args: readonly string[]): Promise<Ended>;
}

/** Which of its two ways to keep images: `graph` is the old one, whose image id is the config's digest. */
export type ImageStore = 'graph' | 'containerd';

/** Starts dockerd, with no network and no file outside a folder of its own; it ends with the file's tests. Needs root. */
export async function startDockerDaemon(images: ImageStore): Promise<DockerDaemon> {
  const folder = makeFolder();
  const env = { HOME: folder, DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` };
  const own = [
    ['--data-root', 'data'],
    ['--exec-root', 'exec'],
    ['--pidfile', 'pid'],
  ].flatMap(([flag = '', name = '']) => [flag, join(folder, name)]);
  // The old store chooses the best driver that works here by itself.
  const how = images === 'graph' ? [] : ['--feature=containerd-snapshotter', '--storage-driver=native'];
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false'];
  await startService('dockerd', ['--host', env.DOCKER_HOST, ...own, ...network, ...how], async () => {
    const { status } = await finish('docker', ['version'], { env });
    return status === 0;
  });
  return {
    docker: (...args) => run('docker', args, { env }),
    tryDocker: (...args) => finish('docker', args, { env }),
  };
}
