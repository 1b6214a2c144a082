import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { DrayError } from '#errors';
import type { CliContext } from './context.ts';

/**
 * Where an engine listens when nobody says: a socket in the folder that the system has for what runs of a user, or in one of its own among the
 * temporary files; on Windows a pipe.
 */
export function defaultEngineAddress(env: CliContext['env'], platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'npipe:////./pipe/dray_engine';
  const folder = env['XDG_RUNTIME_DIR'];
  if (folder?.startsWith('/') === true) return `unix://${join(folder, 'dray.sock')}`;
  const { uid } = userInfo();
  return `unix://${uid === 0 ? '/run/dray.sock' : join(tmpdir(), `dray-${uid}`, 'engine.sock')}`;
}

/** Makes the folder of the default socket, for its owner alone. Rejects with IO_FAILED where it is somebody else's. */
export async function prepareSocketFolder(address: string): Promise<void> {
  const folder = dirname(address.replace(/^unix:\/\//, ''));
  if (!address.startsWith('unix://') || folder === '/run') return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(folder);
  if (uid === userInfo().uid) return;
  throw new DrayError('IO_FAILED', `cannot listen in ${folder}: it belongs to somebody else`, {
    hint: 'choose another place: --listen unix:///PATH',
  });
}
