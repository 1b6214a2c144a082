import { SCHEMA1_SIGNED_MANIFEST } from '#oci';
import type { StoredManifest } from '../../storage/port.ts';
import { signSchema1 } from './sign-schema1.ts';

const signed = new WeakMap<StoredManifest, StoredManifest>();

/** A schema1 manifest with a signature of this registry. Its digest stays: it is of the content without signatures. */
export function signedForm(manifest: StoredManifest): StoredManifest {
  let form = signed.get(manifest);
  if (form === undefined) {
    const { digest, bytes } = manifest;
    form = { digest, mediaType: SCHEMA1_SIGNED_MANIFEST, bytes: signSchema1(bytes) };
    signed.set(manifest, form);
  }
  return form;
}
