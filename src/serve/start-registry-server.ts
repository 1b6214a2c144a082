import type { CloseOptions } from './listen.ts';
import type { ListenAddress } from './listen-address.ts';
import { completeSettings, type SettingsPart } from './settings.ts';
import { startHere } from './start-here.ts';
import type { Streams } from './start-log.ts';
import type { RegistryStorage } from './storage/port.ts';

export interface StartOptions extends Streams {
  /** In place of the one that the settings describe; for a server without workers. */
  readonly storage?: RegistryStorage | undefined;
  /** What the processes of a server with workers begin with: a module that calls `runServeWorker`, and arguments for it. */
  readonly worker?: { readonly script: URL; readonly argv: readonly string[] } | undefined;
  /** Ends the start, not the server. */
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryServer {
  /** How clients on this machine reach it: `http://127.0.0.1:5000`, `unix:///run/dray.sock`. */
  readonly url: string;
  readonly address: ListenAddress;
  /** Opens log files anew, and looks at certificates now: what changes is found without it too, a moment later. */
  reload(): void;
  /**
   * Takes no more connections, lets the requests under way end (for `drainTimeout` of the settings, unless `timeout` says otherwise), then ends
   * what goes on beside them. Resolves to the number of requests that were cut.
   */
  close(options?: CloseOptions): Promise<number>;
}

/**
 * Starts a registry in this process (and others, with `workers`); what the settings do not say is as in `DEFAULT_SETTINGS`: in memory, on
 * 127.0.0.1:5000. Resolves when it answers. Rejects with BUSY where another program listens there, INVALID_OPTION or INVALID_CONFIGURATION where
 * the settings cannot be used, IO_FAILED where files cannot be read; nothing is left running then.
 */
export async function startRegistryServer(
  settings: SettingsPart = {},
  options: StartOptions = {},
): Promise<RegistryServer> {
  const all = completeSettings(settings);
  if (all.workers === 0) return startHere(all, options);
  const { startWorkers } = await import('./workers/start-workers.ts');
  return startWorkers(all, options);
}
