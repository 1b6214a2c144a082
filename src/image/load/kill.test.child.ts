import { hasCode } from '#errors';
import { createRegistryClient } from '#registry';
import { openDiskStore } from '#store';
import { loadArchive } from './load.ts';

/** What the child is to do: load an archive, and die when so many bytes of its layers have come, if they ever do. */
export interface ChildTask {
  readonly path: string;
  readonly root: string;
  readonly dieAt: number | undefined;
}

const { path, root, dieAt } = JSON.parse(process.argv[2] ?? '') as ChildTask;
const store = await openDiskStore({ root, sync: false });
try {
  await loadArchive(
    { path },
    {
      registries: createRegistryClient({ hosts: { named: {} }, retries: 0 }),
      store: async () => store,
      scratch: async () => store,
      carrier: undefined,
      host: { os: 'linux', architecture: 'amd64' },
      sync: false,
    },
    {
      onEvent: (event) => {
        const received = event.kind === 'blob' && event.state === 'verifying' ? event.received : 0;
        if (dieAt !== undefined && received >= dieAt) process.kill(process.pid, 'SIGKILL');
      },
    },
  );
} catch (error) {
  if (!hasCode(error, 'DISK_FULL')) throw error;
  process.stdout.write('DISK_FULL');
}
