/** A process of its own for processes.test.ts: a server with a cache. Says its port, and serves until it is killed. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRegistryHandler } from '../api/handler.ts';
import { openFolderStorage } from '../storage/folder/folder-storage.ts';
import { createPullThrough } from './pull-through.ts';

export interface ChildTask {
  readonly root: string;
  readonly url: string;
  readonly maxSize?: number;
}

const { root, url, maxSize } = JSON.parse(process.argv[2] ?? '') as ChildTask;
const storage = createPullThrough(openFolderStorage({ root, sync: false }), {
  upstreams: [{ domain: 'hub.example', url, prefix: '' }],
  folder: `${root}/dray/proxy`,
  maxSize,
  retries: 0,
});
const server = createServer(createRegistryHandler({ storage }));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
