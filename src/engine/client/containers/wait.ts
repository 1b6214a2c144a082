import { readAll } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { printable } from '#oci';
import type { ContainerEnd } from '../../api/containers.ts';
import type { EngineConnection } from '../connection.ts';
import { requireOptions } from '../version-gate.ts';
import { containerPath } from './container-path.ts';

export interface WaitOptions extends CallOptions {
  /** By default until it does not run, which may be so already. Since API 1.30. */
  readonly condition?: 'not-running' | 'next-exit' | 'removed' | undefined;
}

/** The end of a container that is waited for. */
export interface Waiting extends Promise<ContainerEnd> {
  /**
   * Resolves when the engine waits: no end is missed that comes after. Rejects as the wait does. Engines before 1.30 are silent until the
   * end, and it resolves then.
   */
  readonly ready: Promise<void>;
}

/** What the end of a container is told in. Bytes. */
const LIMIT = 64 * 1024;

/** See `Containers.wait`. */
export function waitContainer(connection: EngineConnection, id: string, options: WaitOptions = {}): Waiting {
  const { condition, signal } = options;
  const begin = async (): Promise<AsyncIterable<Uint8Array>> => {
    await requireOptions(connection, options, { condition: '1.30' });
    const path = containerPath(id, 'wait');
    const { body } = await connection.send({ method: 'POST', path, query: { condition }, signal, timeout: false });
    return body;
  };
  const answer = begin();
  const ready = answer.then(() => {});
  const end = answer.then(async (body) => readEnd(await readAll(body, LIMIT, `the end of ${printable(id)}`), id));
  // Whoever looks at one of the two hears of it; nobody has to look at both.
  for (const promise of [ready, end]) promise.catch(() => {});
  return Object.assign(end, { ready });
}

function readEnd(bytes: Uint8Array, id: string): ContainerEnd {
  const text = Buffer.from(bytes).toString('utf8');
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  if (isEnd(found)) return found;
  // An engine that is stopped has sent its head, and nothing more.
  if (text.trim() === '') {
    throw new DrayError('CONNECTION_LOST', `the engine ended the wait for ${printable(id)} without an answer`);
  }
  throw new DrayError('BAD_RESPONSE', `the engine answered the wait for ${printable(id)} with no exit code`);
}

function isEnd(value: unknown): value is ContainerEnd {
  return typeof value === 'object' && value !== null && 'StatusCode' in value && typeof value.StatusCode === 'number';
}
