import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrayError, errnoOf, messageOf } from '#errors';
import type { OutputOptions, PullOptions } from '../types.ts';

/** Rejects, before anything is asked of a registry, when the output cannot be written as it is asked for. */
export async function checkOutput(options: PullOptions): Promise<void> {
  const { output } = options;
  if (output === undefined) {
    if (options.store === false) {
      throw new DrayError('INVALID_OPTION', 'without the store the image needs a file to go to', {
        hint: 'add -o FILE',
      });
    }
    return;
  }
  if (output.path === undefined) {
    if (output.format === 'oci-dir') {
      throw new DrayError('INVALID_OPTION', 'an OCI layout folder needs a path', { hint: 'add -o DIR' });
    }
    if (output.stream !== undefined) return;
    throw new DrayError('INVALID_OPTION', 'an output needs a path or a stream');
  }
  const folder = isFolder(output) ? output.path : dirname(output.path);
  if (isFolder(output)) await makeFolder(folder);
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    const why = errnoOf(error) === 'ENOENT' ? `there is no folder ${folder}` : messageOf(error);
    throw new DrayError('IO_FAILED', `cannot write ${output.path}: ${why}`, { cause: error });
  }
  if (isFolder(output)) return;
  if ((await stat(output.path).catch(() => undefined))?.isDirectory() === true) {
    throw new DrayError('IO_FAILED', `cannot write ${output.path}: it is a folder`, {
      hint: `name a file, or end it with a slash to get a file per image: ${output.path}/`,
    });
  }
}

/** A folder that gets a file per image, or one that is a layout itself. */
export function isFolder(output: OutputOptions): boolean {
  return output.format === 'oci-dir' || /[/\\]$/.test(output.path ?? '');
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new DrayError('IO_FAILED', `cannot make the folder ${path}: ${messageOf(error)}`, { cause: error });
  }
}
