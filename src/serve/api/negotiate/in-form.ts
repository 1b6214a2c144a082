import { type Descriptor, type Digest, DOCKER_MANIFEST, parseIndex } from '#oci';
import type { StoredManifest } from '../../storage/port.ts';
import type { RouteContext } from '../route-context.ts';
import { schema1Of } from '../schema1/schema1-of.ts';
import { signedForm } from '../schema1/signed-form.ts';
import { orNothing } from '../stored-document.ts';
import type { Form } from './form-for.ts';

export interface Asked {
  /** As the client calls the repository. */
  readonly name: string;
  readonly tag: string;
  readonly context: RouteContext;
}

/**
 * A manifest in another form, with its own digest and type. What cannot be made schema1 stays as it is.
 * Undefined: the list has no image for linux/amd64, or this repository does not have that.
 */
export async function inForm(
  form: Exclude<Form, 'stored'>,
  stored: StoredManifest,
  asked: Asked,
): Promise<StoredManifest | undefined> {
  if (form === 'signed') return signedForm(stored);
  if (form === 'schema1') return schema1Of(stored, asked);
  const child = await childOf(stored, asked.context);
  if (child === undefined || form === 'child' || child.mediaType !== DOCKER_MANIFEST) return child;
  return schema1Of(child, asked);
}

const amd64 = new WeakMap<StoredManifest, Digest | 'none'>();

/** What clients from before lists take to be the image. */
async function childOf(
  list: StoredManifest,
  { storage, repository }: RouteContext,
): Promise<StoredManifest | undefined> {
  let digest = amd64.get(list);
  if (digest === undefined) {
    const index = await orNothing(() => parseIndex(list.bytes, list.mediaType));
    const isImage = ({ platform }: Descriptor): boolean =>
      platform?.os === 'linux' && platform.architecture === 'amd64';
    digest = index?.manifests.find(isImage)?.digest ?? 'none';
    amd64.set(list, digest);
  }
  return digest === 'none' ? undefined : storage.manifest(repository, digest);
}
