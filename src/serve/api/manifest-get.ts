import { isDigest, isTag } from '#oci';
import type { Exchange } from '../http/exchange.ts';
import type { StoredManifest } from '../storage/port.ts';
import { invalidDigest, manifestUnknown } from './manifest-faults.ts';
import { replyManifest } from './manifest-reply.ts';
import { formFor } from './negotiate/form-for.ts';
import { inForm } from './negotiate/in-form.ts';
import type { RouteContext } from './route-context.ts';

/**
 * GET and HEAD of a manifest: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 * By digest it is answered as it was pushed. By tag, Docker's are answered to clients of old in a form that they know.
 */
export async function getManifest(exchange: Exchange, context: RouteContext): Promise<void> {
  const { target, message } = exchange;
  const reference = target.kind === 'manifest' ? target.reference : '';
  const isByDigest = reference.includes(':');
  const stored = isByDigest ? await byDigest(reference, context) : await byTag(reference, context);
  if (stored === undefined) throw await manifestUnknown(target.repository ?? '', reference, context);
  const form = formFor(stored.mediaType, isByDigest ? 'any' : message.headers.accept, context.rules.schema1);
  const manifest =
    form === 'stored' ? stored : await inForm(form, stored, { name: target.repository ?? '', tag: reference, context });
  if (manifest === undefined) throw await manifestUnknown(target.repository ?? '', reference, context);
  replyManifest(exchange, manifest);
  const { digest, mediaType, bytes } = manifest;
  context.tell({
    action: 'pull',
    kind: 'manifest',
    mediaType,
    digest,
    size: bytes.length,
    tag: isByDigest ? undefined : reference,
  });
}

function byDigest(reference: string, { storage, repository }: RouteContext): Promise<StoredManifest | undefined> {
  if (!isDigest(reference)) throw invalidDigest(reference);
  return storage.manifest(repository, reference);
}

function byTag(tag: string, { storage, repository }: RouteContext): Promise<StoredManifest | undefined> | undefined {
  return isTag(tag) ? storage.tagged(repository, tag) : undefined;
}
