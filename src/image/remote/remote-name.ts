import { type Reference, withDefaultTag } from '#oci';
import { parseRemote } from './parse-remote.ts';

/** An image in a registry: its name, with `latest` where it says nothing, and its tag or digest alone. */
export interface RemoteName {
  readonly reference: Reference;
  readonly label: string;
}

/** Reads the name of an image in a registry, also as `docker://NAME`. Throws INVALID_REFERENCE. */
export function remoteName(text: string): RemoteName {
  const reference = withDefaultTag(parseRemote(text));
  return { reference, label: reference.digest ?? reference.tag ?? 'latest' };
}
