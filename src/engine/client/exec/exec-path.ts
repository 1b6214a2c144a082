import { DrayError } from '#errors';
import { quoted } from '#oci';

const ID = /^[\w-]{1,128}$/;

/** The path of an endpoint of a command. Throws INVALID_OPTION for what is no ID. */
export function execPath(id: string, endpoint: string): string {
  if (!ID.test(id)) throw new DrayError('INVALID_OPTION', `${quoted(id)} is no ID of a command in a container`);
  return `/exec/${id}/${endpoint}`;
}
