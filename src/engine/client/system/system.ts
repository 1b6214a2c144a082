import type { CallOptions } from '#content';
import type { RegistryAuth } from '../../api/registry-auth.ts';
import type { AuthAnswer, DiskUsage, EngineEvent, EngineInfo, PingInfo, VersionInfo } from '../../api/system.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { checkLogin } from './check-login.ts';
import { type DiskUsageOptions, diskUsage } from './disk-usage.ts';
import { type EventsOptions, events } from './events.ts';
import { ping } from './ping.ts';

/** The engine itself. */
export interface EngineSystem {
  /** Whether the engine is there, and which API it speaks. Rejects with CONNECT_FAILED. */
  ping(options?: CallOptions): Promise<PingInfo>;
  /** Of the engine and of its parts. */
  version(options?: CallOptions): Promise<VersionInfo>;
  /** What the engine is set up with, and runs on. */
  info(options?: CallOptions): Promise<EngineInfo>;
  /** What happens in the engine, as it happens; with `until` there is an end. Leaving the loop closes the connection. */
  events(options?: EventsOptions): AsyncIterable<EngineEvent>;
  /** What takes how much of the engine's disk. Counting takes the engine time. */
  diskUsage(options?: DiskUsageOptions): Promise<DiskUsage>;
  /** Has the engine try credentials at their registry. Nothing is kept. Rejects with UNAUTHORIZED. */
  checkLogin(auth: RegistryAuth, options?: CallOptions): Promise<AuthAnswer>;
}

export function systemOf(connection: EngineConnection): EngineSystem {
  return {
    ping: (options = {}) => ping(connection, options),
    version: ({ signal } = {}) => objectAnswer(connection, { method: 'GET', path: '/version', signal }),
    info: ({ signal } = {}) => objectAnswer(connection, { method: 'GET', path: '/info', signal }),
    events: (options = {}) => events(connection, options),
    diskUsage: (options = {}) => diskUsage(connection, options),
    checkLogin: (auth, options = {}) => checkLogin(connection, auth, options),
  };
}
