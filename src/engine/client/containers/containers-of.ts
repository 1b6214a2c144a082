import type { CallOptions } from '#content';
import type {
  ContainerChange,
  ContainerStats,
  ContainersPruneReport,
  ContainerTop,
  PathStat,
} from '../../api/container-reports.ts';
import type { ContainerCreated, ContainerInspect, ContainerSettings, ContainerSummary } from '../../api/containers.ts';
import type { ArchiveSource } from '../archive-body.ts';
import type { EngineConnection } from '../connection.ts';
import type { Attached } from '../streams/attached.ts';
import type { Frame } from '../streams/frame.ts';
import { type ContainerArchive, getArchive, type PutArchiveOptions, putArchive, statArchive } from './archive.ts';
import { type AttachOptions, attachContainer } from './attach.ts';
import { containerChanges } from './changes.ts';
import { type CommitOptions, commitContainer } from './commit.ts';
import { containerPath } from './container-path.ts';
import { type CreateContainerOptions, createContainer } from './create.ts';
import { type InspectContainerOptions, inspectContainer } from './inspect.ts';
import { type KillContainerOptions, killContainer } from './kill.ts';
import { type ListContainersOptions, listContainers } from './list.ts';
import { containerLogs, type LogsOptions } from './logs.ts';
import { pauseContainer, unpauseContainer } from './pause.ts';
import { type PruneContainersOptions, pruneContainers } from './prune.ts';
import { type RemoveContainerOptions, removeContainer } from './remove.ts';
import { renameContainer } from './rename.ts';
import { resizeTerminal, type TerminalSize } from './resize.ts';
import { type RunEnd, type RunOptions, runContainer } from './run.ts';
import { type StartContainerOptions, startContainer } from './start.ts';
import { containerStats, containerStatsOnce } from './stats.ts';
import { type StopContainerOptions, stopContainer } from './stop.ts';
import { containerTop, type TopOptions } from './top.ts';
import { type Waiting, type WaitOptions, waitContainer } from './wait.ts';

/**
 * The containers of an engine, each by its name, its ID or the beginning of that. Rejects with NOT_FOUND for one that is not there, and
 * with CONFLICT for what its state does not allow.
 */
export interface Containers {
  /** Makes one of an image that the engine has (NOT_FOUND otherwise: nothing is pulled). It does not run yet. */
  create(settings: ContainerSettings, options?: CreateContainerOptions): Promise<ContainerCreated>;
  /** Resolves when it runs, also where it did before. */
  start(id: string, options?: StartContainerOptions): Promise<void>;
  /**
   * Its streams, from now on. To miss nothing, attach before the start; where it is not started, nothing comes and nothing ends. Aborting the signal closes the connection, also after this has
   * resolved; the container goes on.
   */
  attach(id: string, options?: AttachOptions): Promise<Attached>;
  /**
   * Resolves with its end; at once where it does not run. So for one that is yet to start: `const waiting = wait(id, { condition: 'next-exit' })`,
   * `await waiting.ready`, start, `await waiting`.
   */
  wait(id: string, options?: WaitOptions): Waiting;
  /** What it has said, and with `follow` what it says until it ends. Leaving the loop closes the connection. */
  logs(id: string, options?: LogsOptions): AsyncIterableIterator<Frame>;
  /** Asks it to end, and kills it when it takes too long. Resolves when it has ended, also where it did not run. */
  stop(id: string, options?: StopContainerOptions): Promise<void>;
  /** Stops it and starts it once more. */
  restart(id: string, options?: StopContainerOptions): Promise<void>;
  /** Sends it a signal. Does not wait for what comes of it. */
  kill(id: string, options?: KillContainerOptions): Promise<void>;
  pause(id: string, options?: CallOptions): Promise<void>;
  unpause(id: string, options?: CallOptions): Promise<void>;
  rename(id: string, name: string, options?: CallOptions): Promise<void>;
  /** Of its terminal, while it runs. */
  resize(id: string, options: CallOptions & TerminalSize): Promise<void>;
  remove(id: string, options?: RemoveContainerOptions): Promise<void>;
  /** Those that run; the newest first. */
  list(options?: ListContainersOptions): Promise<readonly ContainerSummary[]>;
  inspect(id: string, options?: InspectContainerOptions): Promise<ContainerInspect>;
  /** Its processes. */
  top(id: string, options?: TopOptions): Promise<ContainerTop>;
  /** What it uses, about once a second until it ends. Leaving the loop closes the connection. */
  stats(id: string, options?: CallOptions): AsyncIterable<ContainerStats>;
  /** The same, once; takes the engine a second or two. */
  statsOnce(id: string, options?: CallOptions): Promise<ContainerStats>;
  /** Files that differ from its image's. */
  changes(id: string, options?: CallOptions): Promise<readonly ContainerChange[]>;
  /** A file, or a folder with all in it, as a tar. */
  getArchive(id: string, path: string, options?: CallOptions): Promise<ContainerArchive>;
  /** Unpacks a tar, compressed or not, in a folder of it. */
  putArchive(id: string, tar: ArchiveSource, options: PutArchiveOptions): Promise<void>;
  /** What a path is; symbolic links are not followed. */
  statArchive(id: string, path: string, options?: CallOptions): Promise<PathStat>;
  /** Removes those that do not run. */
  prune(options?: PruneContainersOptions): Promise<ContainersPruneReport>;
  /** Makes an image of it; resolves with its ID. */
  commit(id: string, options?: CommitOptions): Promise<{ readonly Id: string }>;
  /**
   * Creates a container, runs it to its end and resolves with its exit code when all it said has been written; whatever that code is. Of
   * `settings`, what says what to attach is set by what is given in `options`. Pulls nothing. When it is cancelled or something fails
   * (the start, the connection, a stream that was given), the container is killed and removed before this rejects.
   */
  run(settings: ContainerSettings, options?: RunOptions): Promise<RunEnd>;
}

export function containersOf(connection: EngineConnection): Containers {
  return {
    create: (settings, options) => createContainer(connection, settings, options),
    start: (id, options) => startContainer(connection, id, options),
    attach: (id, options) => attachContainer(connection, id, options),
    wait: (id, options) => waitContainer(connection, id, options),
    logs: (id, options) => containerLogs(connection, id, options),
    stop: (id, options) => stopContainer(connection, id, options),
    restart: (id, options) => stopContainer(connection, id, { ...options, endpoint: 'restart' }),
    kill: (id, options) => killContainer(connection, id, options),
    pause: (id, options) => pauseContainer(connection, id, options),
    unpause: (id, options) => unpauseContainer(connection, id, options),
    rename: (id, name, options) => renameContainer(connection, id, { ...options, name }),
    resize: (id, options) => resizeTerminal(connection, containerPath(id, 'resize'), options),
    remove: (id, options) => removeContainer(connection, id, options),
    list: (options) => listContainers(connection, options),
    inspect: (id, options) => inspectContainer(connection, id, options),
    top: (id, options) => containerTop(connection, id, options),
    stats: (id, options) => containerStats(connection, id, options),
    statsOnce: (id, options) => containerStatsOnce(connection, id, options),
    changes: (id, options) => containerChanges(connection, id, options),
    getArchive: (id, path, options) => getArchive(connection, id, { ...options, path }),
    putArchive: (id, tar, options) => putArchive(connection, id, { ...options, tar }),
    statArchive: (id, path, options) => statArchive(connection, id, { ...options, path }),
    prune: (options) => pruneContainers(connection, options),
    commit: (id, options) => commitContainer(connection, id, options),
    run: (settings, options) => runContainer(connection, settings, options),
  };
}
