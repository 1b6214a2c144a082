import { after, before } from 'node:test';
import { Client } from './client.ts';
import { RegistryProcess, type StartOptions } from './registry-process.ts';

/**
 * One registry for the tests of a file, and a client of it; looked over when they are done. `prepare` fills it before the first test. It does
 * not wait for the disk unless `args` are given.
 */
export function served(options: StartOptions = {}, prepare?: (client: Client) => Promise<void>): Client {
  const registry = new RegistryProcess({ args: ['--no-sync'], ...options });
  const client = new Client(registry);
  before(async () => {
    await registry.start();
    await prepare?.(client);
  });
  after(async () => {
    client.close();
    try {
      registry.checkManners();
    } finally {
      await registry.remove();
    }
  });
  return client;
}
