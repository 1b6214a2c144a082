import { plainError } from '#content';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import { completeSettings, type ServeSettings } from '../settings.ts';
import { openLogs, type Streams } from '../start-log.ts';
import { type ServerProcess, startProcess } from '../start-process.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/**
 * Makes this process one of those that answer for a server with workers: to be called by the module that `StartOptions.worker` names. It ends
 * when the server does.
 */
export function runServeWorker(streams: Streams): void {
  const worker = new ServeWorker(streams);
  process.on('message', (message: ToWorker) => worker.hear(message));
  // Ctrl-C reaches all processes of a terminal: the first one says what is to be done then.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => worker.hear({ kind: 'reload' }));
  process.on('SIGTERM', () => worker.hear({ kind: 'drain', timeout: worker.drainTimeout }));
  say({ kind: 'hello' });
}

class ServeWorker {
  drainTimeout = 0;
  readonly #streams: Streams;
  readonly #hurry = new AbortController();
  readonly #waiting = new Map<number, (snapshot: MetricsSnapshot) => void>();
  #last = 0;
  #server: Promise<ServerProcess> | undefined;
  #isEnding = false;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  hear(message: ToWorker): void {
    if (message.kind === 'start') void this.#start(message);
    else if (message.kind === 'drain') void this.#drain(message.timeout);
    else if (message.kind === 'hurry') this.#hurry.abort();
    else if (message.kind === 'reload') void this.#reload();
    else if (message.kind === 'figures') void this.#tellFigures(message.id);
    else {
      this.#waiting.get(message.id)?.(message.snapshot);
      this.#waiting.delete(message.id);
    }
  }

  async #start(message: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
    const settings = completeSettings(message.settings);
    this.drainTimeout = settings.drainTimeout;
    try {
      this.#server = this.#open(settings, message);
      await this.#server;
      say({ kind: 'ready' });
    } catch (error) {
      say({ kind: 'failed', error: plainError(error) });
    }
  }

  async #open(settings: ServeSettings, { address }: Extract<ToWorker, { kind: 'start' }>): Promise<ServerProcess> {
    const logs = openLogs(settings.log, this.#streams);
    const hooks = settings.webhooks.length === 0 ? [] : [{ happened: (event: never) => say({ kind: 'event', event }) }];
    const server = await startProcess(settings, {
      address,
      log: logs.log,
      observers: [...(logs.access === undefined ? [] : [logs.access]), ...hooks],
      sources: [logs.source],
      collect: () => this.#collect(),
    });
    return {
      ...server,
      reload() {
        logs.reopen();
        server.reload();
      },
      async close(how) {
        const cut = await server.close(how);
        await logs.close();
        return cut;
      },
    };
  }

  async #reload(): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    server?.reload();
  }

  async #drain(timeout: number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const server = await this.#server?.catch(() => undefined);
    // What cannot be closed ends with the process.
    const cut = (await server?.close({ timeout, hurry: this.#hurry.signal }).catch(() => 0)) ?? 0;
    // Whoever started this process is gone, or hears of it; without it this process ends.
    process.send?.({ kind: 'drained', cut } satisfies FromWorker, () => process.disconnect());
  }

  async #tellFigures(id: number): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    say({ kind: 'figures', id, snapshot: (await server?.metrics?.snapshot()) ?? [] });
  }

  #collect(): Promise<MetricsSnapshot> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      say({ kind: 'collect', id });
    });
  }
}

/** To a first process that may be gone: this one is about to end then. */
function say(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
