import { DrayError } from '#errors';
import { quoted } from '#oci';

/**
 * The path of an endpoint of a container, given its name or ID; a name may begin with the slash that engines put before it. Throws
 * INVALID_OPTION for what would make another endpoint of it.
 */
export function containerPath(container: string, endpoint = ''): string {
  const name = container.replace(/^\//, '');
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw new DrayError('INVALID_OPTION', `${quoted(container)} is no name or ID of a container`);
  }
  return `/containers/${name}${endpoint === '' ? '' : `/${endpoint}`}`;
}
