import { readListenAddress } from './listen-address.ts';
import type { ServeSettings } from './settings.ts';
import { openBack } from './start-back.ts';
import { Cleanup } from './start-cleanup.ts';
import { listenForDebug } from './start-debug.ts';
import { openLogs } from './start-log.ts';
import { startProcess } from './start-process.ts';
import type { RegistryServer, StartOptions } from './start-registry-server.ts';

/** Starts a server that is this process alone. */
export async function startHere(settings: ServeSettings, options: StartOptions): Promise<RegistryServer> {
  const cleanup = new Cleanup();
  try {
    const logs = openLogs(settings.log, options);
    cleanup.add(() => logs.close());
    const back = await openBack(settings, logs.log);
    cleanup.add(() => back.close());
    const server = await startProcess(settings, {
      address: readListenAddress(settings.listen),
      log: logs.log,
      observers: [logs.access, back.observer].filter((observer) => observer !== undefined),
      sources: [logs.source, ...back.sources],
      storage: options.storage,
      signal: options.signal,
    });
    const { listener } = server;
    let cut = 0;
    let how = {};
    cleanup.add(async () => (cut = await server.close(how)));
    if (settings.debug !== undefined) {
      const debug = await listenForDebug(settings.debug, server.debugPages);
      cleanup.add(() => debug.close({ timeout: 0 }));
    }
    back.start();
    return {
      url: listener.url,
      address: listener.address,
      reload() {
        logs.reopen();
        server.reload();
        logs.log.info('log files are opened anew, certificates are read');
      },
      async close({ timeout = settings.drainTimeout, hurry } = {}) {
        how = { timeout, hurry };
        await cleanup.run();
        return cut;
      },
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
