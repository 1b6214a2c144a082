/** What the command and the engine take through the door of this room. The bundle begins here, so that what a server does not need is not loaded. */
export { openTls } from './access/tls/open-tls.ts';
export { checkSettings } from './check-settings.ts';
export { upstreamOf } from './config/own-cache.ts';
export { readConfiguration } from './config/read-configuration.ts';
export { checkUnnamedFolder } from './data-folder.ts';
export { hasMuchUnread, linger } from './http/linger.ts';
export { listen } from './listen.ts';
export { clientHost, isLocal, readListenAddress } from './listen-address.ts';
export { createMaintenance } from './operate/maintenance.ts';
export { removeRepository } from './operate/remove-repository.ts';
export { completeSettings } from './settings.ts';
export { startRegistryServer } from './start-registry-server.ts';
export { openFolderStorage } from './storage/folder/folder-storage.ts';
export { runServeWorker } from './workers/run-serve-worker.ts';
