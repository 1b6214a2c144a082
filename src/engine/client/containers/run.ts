import { DrayError, hasCode, isDrayError, throwIfCancelled } from '#errors';
import { printable } from '#oci';
import type { ContainerEnd, ContainerSettings } from '../../api/containers.ts';
import type { EngineConnection } from '../connection.ts';
import { whileHeard } from '../hear-errors.ts';
import { type Converse, converse } from '../streams/converse.ts';
import { linkedAbort } from '../streams/linked-abort.ts';
import { requireVersion } from '../version-gate.ts';
import { attachContainer } from './attach.ts';
import { type CreateContainerOptions, createContainer } from './create.ts';
import { removeContainer } from './remove.ts';
import { startContainer } from './start.ts';
import { waitContainer } from './wait.ts';

/** `stdin` is read; `stdout` and `stderr` are written, and stay open. Output that has no place is not asked for. */
export interface RunOptions extends CreateContainerOptions, Converse {
  /** The engine removes it when it has ended, with its volumes without a name. */
  readonly remove?: boolean | undefined;
}

/** A container that has run to its end. */
export interface RunEnd {
  readonly id: string;
  readonly exitCode: number;
  /** Of the engine, about the settings. */
  readonly warnings: readonly string[];
}

/** Engines before that say nothing of a wait until it ends, so that an end could be missed. */
const SINCE = '1.30';
/** Longest that a container which has to go may take for it, in milliseconds. */
const REMOVAL = 30_000;

/** See `Containers.run`. */
export async function runContainer(
  connection: EngineConnection,
  settings: ContainerSettings,
  options: RunOptions = {},
): Promise<RunEnd> {
  const { stdin, stdout, stderr } = options;
  return whileHeard([stdin, stdout, stderr], () => createAndRun(connection, settings, options));
}

async function createAndRun(
  connection: EngineConnection,
  settings: ContainerSettings,
  options: RunOptions,
): Promise<RunEnd> {
  const { name, platform, signal } = options;
  await requireVersion(connection, { what: 'containers.run', since: SINCE, signal });
  throwIfCancelled(signal);
  const asked = settingsOf(settings, options);
  // Not by the signal: a container that is made, but whose ID has not come, could not be removed.
  const { Id: id, Warnings: warnings } = await createContainer(connection, asked, { name, platform });
  try {
    const condition = asked.HostConfig?.AutoRemove === true ? 'removed' : 'next-exit';
    const { StatusCode: exitCode, Error: fault } = await runToEnd(connection, id, { ...options, condition });
    const reason = fault?.Message ?? '';
    if (reason !== '')
      throw new DrayError('SERVER_FAILED', `cannot wait for ${printable(id)}: ${printable(reason, 500)}`);
    return { id, exitCode, warnings: warnings ?? [] };
  } catch (error) {
    throw await afterRemoval(connection, id, error);
  }
}

function settingsOf(settings: ContainerSettings, { stdin, stdout, stderr, remove }: RunOptions): ContainerSettings {
  return {
    ...settings,
    AttachStdin: stdin !== undefined,
    AttachStdout: stdout !== undefined,
    AttachStderr: stderr !== undefined,
    ...(stdin !== undefined && { OpenStdin: true, StdinOnce: true }),
    ...(remove === true && { HostConfig: { ...settings.HostConfig, AutoRemove: true } }),
  };
}

/** Attaches and waits before it starts: what is said first is not lost, nor is the end of what ends at once. */
async function runToEnd(
  connection: EngineConnection,
  id: string,
  { stdin, stdout, stderr, condition, signal: outer }: RunOptions & { readonly condition: 'removed' | 'next-exit' },
): Promise<ContainerEnd> {
  const { signal, end } = linkedAbort(outer);
  try {
    const asked = { stdin: stdin !== undefined, stdout: stdout !== undefined, stderr: stderr !== undefined };
    const talks = asked.stdin || asked.stdout || asked.stderr;
    const attached = talks ? await attachContainer(connection, id, { ...asked, signal }) : undefined;
    const talk = attached === undefined ? undefined : converse(attached, { stdin, stdout, stderr });
    // Heard of below, unless something else fails before.
    talk?.catch(() => {});
    const waiting = waitContainer(connection, id, { condition, signal });
    await waiting.ready;
    await startContainer(connection, id, { signal });
    const [ended] = await Promise.all([waiting, talk]);
    return ended;
  } finally {
    end();
  }
}

/** Removes what has failed, and gives the error to throw: it says so where the container may still be there. */
async function afterRemoval(connection: EngineConnection, id: string, error: unknown): Promise<unknown> {
  try {
    await removeContainer(connection, id, { force: true, volumes: true, signal: AbortSignal.timeout(REMOVAL) });
  } catch (fault) {
    // Gone, or going.
    if (hasCode(fault, 'NOT_FOUND', 'CONFLICT') || !isDrayError(error)) return error;
    const { code, message, detail } = error;
    return new DrayError(code, message, { hint: `the container ${id} could not be removed`, detail, cause: error });
  }
  return error;
}
