import { DrayError } from '#errors';
import type { PathStat } from '../../api/container-reports.ts';
import type { EngineAnswer } from '../connection.ts';

const HEADER = 'x-docker-container-path-stat';

/** What an answer says of a file: JSON in base64, in a header. Throws BAD_RESPONSE where it says nothing that can be understood. */
export function pathStatOf({ headers }: EngineAnswer): PathStat {
  const value = headers[HEADER];
  let found: unknown;
  try {
    found = JSON.parse(Buffer.from(typeof value === 'string' ? value : '', 'base64').toString('utf8'));
  } catch {
    found = undefined;
  }
  if (isPathStat(found)) return found;
  throw new DrayError('BAD_RESPONSE', `the engine's answer has no ${HEADER} header that can be understood`);
}

function isPathStat(value: unknown): value is PathStat {
  if (typeof value !== 'object' || value === null) return false;
  const { name, size, mode, mtime, linkTarget } = value as Partial<Record<keyof PathStat, unknown>>;
  const texts = [name, mtime, linkTarget].every((text) => typeof text === 'string');
  return texts && typeof size === 'number' && typeof mode === 'number';
}
