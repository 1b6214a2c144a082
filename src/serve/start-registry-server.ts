import { type CloseOptions, type Listener, listen } from './listen.ts';
import { type ListenAddress, readListenAddress } from './listen-address.ts';
import { completeSettings, type SettingsPart } from './settings.ts';
import { openParts, type PartsOptions } from './start-parts.ts';

export interface StartOptions extends PartsOptions {
  /** Ends the start, not the server. */
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryServer {
  /** How clients on this machine reach it: `http://127.0.0.1:5000`, `unix:///run/dray.sock`. */
  readonly url: string;
  readonly address: ListenAddress;
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
  const address = readListenAddress(all.listen);
  const parts = await openParts(all, options);
  let listener: Listener;
  try {
    listener = await listen({ address, handler: parts.handler, signal: options.signal });
  } catch (error) {
    await parts.close();
    throw error;
  }
  return {
    url: listener.url,
    address: listener.address,
    async close({ timeout = all.drainTimeout, hurry } = {}) {
      const cut = await listener.close({ timeout, hurry });
      await parts.close();
      return cut;
    },
  };
}
