import cluster from 'node:cluster';
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DrayError } from '#errors';
import { listen } from '../listen.ts';
import { clientUrl, type ListenAddress, readListenAddress } from '../listen-address.ts';
import { metricsPage } from '../observe/metrics/metrics-page.ts';
import type { ServeSettings } from '../settings.ts';
import { openBack } from '../start-back.ts';
import { Cleanup } from '../start-cleanup.ts';
import { listenForDebug } from '../start-debug.ts';
import { openHealth } from '../start-health.ts';
import { openLogs } from '../start-log.ts';
import { openMetrics } from '../start-process.ts';
import type { RegistryServer, StartOptions } from '../start-registry-server.ts';
import { Crew } from './crew.ts';

/** Space for new objects, of which V8 would take 100 MB for each process where requests come quickly; it gains nothing by it. */
const YOUNG = '--max-semi-space-size=8';

/**
 * Starts a server whose requests are answered by other processes. This one starts them, again when they end, and does what one alone has to do:
 * cleaning up, telling webhooks, adding up figures. One server with workers at a time can be in a process.
 */
export async function startWorkers(settings: ServeSettings, options: StartOptions): Promise<RegistryServer> {
  const { worker } = options;
  if (worker === undefined)
    throw new DrayError('INVALID_OPTION', 'workers need a module to start with (options.worker)');
  if (settings.memory || settings.data === undefined || options.storage !== undefined) {
    throw new DrayError('INVALID_OPTION', 'several workers cannot share what is in memory', {
      hint: 'keep images in a folder, or leave the workers out',
    });
  }
  // Workers take connections themselves: those that the first process has handed to one that is just killed would hang for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: fileURLToPath(worker.script),
    args: [...worker.argv],
    execArgv: [...process.execArgv, YOUNG],
    serialization: 'advanced',
  });
  const cleanup = new Cleanup();
  try {
    return await start(settings, options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(settings: ServeSettings, options: StartOptions, cleanup: Cleanup): Promise<RegistryServer> {
  const { log, source, close } = openLogs({ ...settings.log, access: undefined }, options);
  cleanup.add(close);
  const address = await freeAddress(readListenAddress(settings.listen), options.signal);
  const back = await openBack(settings, log);
  cleanup.add(() => back.close());
  const health = await openHealth(settings, log);
  const metrics = openMetrics([source, ...back.sources]);
  const crew = new Crew({
    count: settings.workers,
    start: { kind: 'start', settings, address },
    log,
    onEvent: (event) => back.observer?.happened?.(event),
    own: () => metrics.snapshot(),
  });
  await crew.start();
  let cut = 0;
  let how = { timeout: 0, hurry: options.signal };
  cleanup.add(async () => (cut = await crew.end(how.timeout, how.hurry)));
  if (address.kind === 'unix') await chmod(address.path, 0o660);
  if (settings.debug !== undefined) {
    const figures =
      settings.metrics === undefined ? [] : [[settings.metrics, metricsPage(() => crew.collect())] as const];
    const debug = await listenForDebug(settings.debug, new Map([...health.pages, ...health.debugPages, ...figures]));
    cleanup.add(() => debug.close({ timeout: 0 }));
  }
  health.become('serving');
  back.start();
  return {
    url: clientUrl(address, settings.tls !== undefined),
    address,
    reload() {
      crew.reload();
      log.info('log files are opened anew, certificates are read');
    },
    async close({ timeout = settings.drainTimeout, hurry } = {}) {
      health.become('draining');
      how = { timeout, hurry };
      await cleanup.run();
      return cut;
    },
  };
}

/** The address, if it is free; in place of port 0 one that is. Workers that come later have to find the same. */
async function freeAddress(address: ListenAddress, signal: AbortSignal | undefined): Promise<ListenAddress> {
  const listener = await listen({ address, handler: (_message, response) => response.destroy(), signal });
  await listener.close({ timeout: 0 });
  return listener.address;
}
