import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import { type Digest, familiarName, familiarString } from '#oci';
import type { Places } from '../places.ts';
import { parseRemote } from './parse-remote.ts';

export interface DeleteRemoteOptions extends CallOptions {
  /** Take away the tag alone and leave its manifest to other tags. */
  readonly tagOnly?: boolean | undefined;
}

export interface DeleteRemoteResult {
  /** Familiar name with tag or digest, as it was named. */
  readonly reference: string;
  /** The manifest that went, with all tags that it had; undefined where a tag alone was taken away. */
  readonly digest: Digest | undefined;
}

/**
 * Deletes a manifest, by tag or digest, or with `tagOnly` a tag. Rejects with INVALID_REFERENCE for a name that has neither tag nor digest
 * (nothing is deleted by a default), MANIFEST_UNKNOWN, UNSUPPORTED where the registry does not allow it, DENIED.
 */
export async function deleteRemote(
  text: string,
  { registries }: Places,
  { tagOnly = false, signal, onEvent }: DeleteRemoteOptions = {},
): Promise<DeleteRemoteResult> {
  const reference = parseRemote(text);
  const { tag, digest } = reference;
  const label = tagOnly ? tag : (digest ?? tag);
  if (label === undefined) {
    const missing = tagOnly ? 'no tag' : 'no tag and no digest';
    throw new DrayError(
      'INVALID_REFERENCE',
      `${familiarName(reference)} names ${missing}: nothing is deleted by default`,
      {
        hint: 'say which, e.g. NAME:TAG',
      },
    );
  }
  return registries.writing(
    reference,
    async (repository) => {
      if (tagOnly) {
        await repository.deleteTag(label, { signal, onEvent });
        return { reference: familiarString(reference), digest: undefined };
      }
      const root = await repository.resolve(label, { signal, onEvent });
      await repository.deleteManifest(root.digest, { signal, onEvent }).catch((error: unknown) => {
        throw hasCode(error, 'UNSUPPORTED') ? notAllowed(familiarString(reference), error) : error;
      });
      return { reference: familiarString(reference), digest: root.digest };
    },
    { action: 'delete', signal, onEvent },
  );
}

function notAllowed(what: string, cause: DrayError): DrayError {
  return new DrayError('UNSUPPORTED', `cannot delete ${what}: ${cause.message}`, {
    hint: 'the registry has to allow deletion (in docker-registry: REGISTRY_STORAGE_DELETE_ENABLED=true)',
    cause,
  });
}
