import { createKeychain } from '#registry';
import type { EngineConnection } from './connection.ts';
import { type Containers, containersOf } from './containers/containers-of.ts';
import type { EngineOptions } from './engine-options.ts';
import { type Exec, execOf } from './exec/exec-of.ts';
import { type EngineImages, imagesOf } from './images/images.ts';
import { knownRegistries } from './images/known-registries.ts';
import { openConnection } from './open-connection.ts';
import { type EngineSystem, systemOf } from './system/system.ts';

/** A Docker engine, or one that speaks as it does. */
export interface Engine extends EngineSystem {
  readonly images: EngineImages;
  readonly containers: Containers;
  readonly exec: Exec;
  /** Requests that have no function here. */
  readonly connection: EngineConnection;
  /** Ends idle connections. The engine can be used again. */
  close(): void;
}

/**
 * A client of the engine that `options` lead to. Connects to nothing before it is used, and never changes the options. Throws INVALID_OPTION
 * for an address or a version that cannot be.
 *
 *     const engine = createEngine({ ...fromEnv(process.env), version: 'negotiate' });
 */
export function createEngine(options: EngineOptions = {}): Engine {
  const connection = openConnection(options);
  const { auth } = options;
  const known = auth && { keychain: createKeychain(auth), knownRegistries: () => knownRegistries(auth) };
  return {
    ...systemOf(connection),
    images: imagesOf(connection, known),
    containers: containersOf(connection),
    exec: execOf(connection),
    connection,
    close: () => connection.close(),
  };
}
