import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';
import type { PathStat } from '../../api/container-reports.ts';
import { act } from '../act.ts';
import { type ArchiveSource, archiveBody } from '../archive-body.ts';
import type { EngineConnection } from '../connection.ts';
import { discard } from '../discard.ts';
import { containerPath } from './container-path.ts';
import { pathStatOf } from './path-stat.ts';

/** What a path of a container holds, as a tar. */
export interface ContainerArchive {
  readonly stat: PathStat;
  /** Has to be read, or left (a loop with `break`): until then the container is kept from changing. Names in it begin with that of the path's last part. */
  readonly tar: Bytes;
}

export interface PutArchiveOptions extends CallOptions {
  /** A folder that is there: the files are unpacked in it. */
  readonly path: string;
  /** Rejects where a folder would become something else, or something else a folder. */
  readonly noOverwriteDirNonDir?: boolean | undefined;
  /** Files keep the numbers of their owners; by default they belong to the container's user. */
  readonly copyUIDGID?: boolean | undefined;
}

/** See `Containers.getArchive`. */
export async function getArchive(
  connection: EngineConnection,
  id: string,
  { path, signal }: CallOptions & { readonly path: string },
): Promise<ContainerArchive> {
  const request = {
    method: 'GET',
    path: containerPath(id, 'archive'),
    query: { path },
    signal,
    timeout: false,
  } as const;
  const answer = await connection.send(request);
  try {
    return { stat: pathStatOf(answer), tar: answer.body };
  } catch (error) {
    await answer.body[Symbol.asyncIterator]().return?.();
    throw error;
  }
}

/** See `Containers.putArchive`. */
export async function putArchive(
  connection: EngineConnection,
  id: string,
  { tar, path, noOverwriteDirNonDir, copyUIDGID, signal }: PutArchiveOptions & { readonly tar: ArchiveSource },
): Promise<void> {
  const query = { path, noOverwriteDirNonDir, copyUIDGID };
  const body = archiveBody(tar, 'the archive');
  const sent = { query, body, contentType: 'application/x-tar' };
  await body.sentBy(() =>
    act(connection, { method: 'PUT', path: containerPath(id, 'archive'), ...sent, signal, timeout: false }),
  );
}

/** See `Containers.statArchive`. */
export async function statArchive(
  connection: EngineConnection,
  id: string,
  { path, signal }: CallOptions & { readonly path: string },
): Promise<PathStat> {
  const request = { method: 'HEAD', path: containerPath(id, 'archive'), query: { path }, signal } as const;
  const answer = await connection.send(request);
  await discard(answer);
  return pathStatOf(answer);
}
