import type { CallOptions } from '#content';
import type { DiskUsage } from '../../api/system.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { requireOptions } from '../version-gate.ts';

export interface DiskUsageOptions extends CallOptions {
  /** What to count; everything by default. Since API version 1.42. */
  readonly types?: readonly ('image' | 'container' | 'volume' | 'build-cache')[] | undefined;
}

/** What takes how much of the engine's disk. Counting takes the engine time. */
export async function diskUsage(connection: EngineConnection, options: DiskUsageOptions): Promise<DiskUsage> {
  await requireOptions(connection, options, { types: '1.42' });
  const query = { type: options.types };
  return objectAnswer(connection, { method: 'GET', path: '/system/df', query, timeout: false, signal: options.signal });
}
