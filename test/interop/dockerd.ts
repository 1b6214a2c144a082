import { join } from 'node:path';
import type { OldDocker } from './peers.ts';
import { type Ended, finish, makeFolder, run } from './run.ts';
import { startService } from './service.ts';

/** A real Docker daemon with nothing in it. */
export interface DockerDaemon {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** docker, which must succeed; gives its stdout. */
  docker(...args: readonly string[]): Promise<string>;
  /** docker, whatever comes of it. */
  tryDocker(...args: readonly string[]): Promise<Ended>;
}

/** Which of its two ways to keep images: `graph` is the old one, whose image id is the config's digest. */
export type ImageStore = 'graph' | 'containerd';

/** Today's dockerd with one of its stores, or one of years ago, which has the old one alone. */
export type Dockerd = ImageStore | OldDocker;

/** The programs that it needs. */
export function needsOf(kind: Dockerd): readonly string[] {
  return [programOf(kind), 'containerd', 'runc', 'docker'];
}

function programOf(kind: Dockerd): string {
  return kind === 'graph' || kind === 'containerd' ? 'dockerd' : `dockerd-${kind}`;
}

/** Starts dockerd, with no network and no file outside a folder of its own; it ends with the file's tests. Needs root. */
export async function startDockerDaemon(kind: Dockerd): Promise<DockerDaemon> {
  const folder = makeFolder();
  const env = { HOME: folder, DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` };
  const own = [
    ['--data-root', 'data'],
    ['--exec-root', 'exec'],
    ['--pidfile', 'pid'],
  ].flatMap(([flag = '', name = '']) => [flag, join(folder, name)]);
  // The old store chooses the best driver that works here by itself.
  const how = kind !== 'containerd' ? [] : ['--feature=containerd-snapshotter', '--storage-driver=native'];
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false'];
  await startService(programOf(kind), ['--host', env.DOCKER_HOST, ...own, ...network, ...how], async () => {
    const { status } = await finish('docker', ['version'], { env });
    return status === 0;
  });
  return {
    host: env.DOCKER_HOST,
    docker: (...args) => run('docker', args, { env }),
    tryDocker: (...args) => finish('docker', args, { env }),
  };
}
