import type { CallOptions } from '#content';
import { type Descriptor, type Digest, familiarName } from '#oci';
import type { Places } from '../places.ts';
import { remoteName } from './remote-name.ts';

export interface ReferrersOfOptions extends CallOptions {
  /** Only those of this type, e.g. `application/spdx+json`. */
  readonly artifactType?: string | undefined;
}

/** What points to an image: signatures, SBOMs, attestations. */
export interface ReferrersResult {
  /** Familiar name of the repository. */
  readonly repository: string;
  /** Digest of the image that they point to. */
  readonly subject: Digest;
  readonly referrers: readonly Descriptor[];
}

/** Lists what has the image as its subject, none where there is nothing. Rejects with MANIFEST_UNKNOWN for a name that is not there. */
export async function listReferrers(
  text: string,
  { registries }: Places,
  { artifactType, signal, onEvent }: ReferrersOfOptions = {},
): Promise<ReferrersResult> {
  const { reference, label } = remoteName(text);
  return registries.over(
    reference,
    async (repository) => {
      const { digest } = await repository.resolve(label, { signal, onEvent });
      const referrers = await repository.referrers(digest, { artifactType, signal, onEvent });
      return { repository: familiarName(reference), subject: digest, referrers };
    },
    { action: 'list the referrers of', signal, onEvent },
  );
}
