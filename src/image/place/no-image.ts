import { DrayError } from '#errors';
import { type Descriptor, isArtifact, isAttestation, isImageConfigType, type Manifest } from '#oci';

/** What encrypted layers are called, by OCI and by docker's types. */
const ENCRYPTED = /\+enc(?:rypted)?$/;
const HINT = 'take it as it is with --as oci-archive or --as oci-dir';

/** Why a manifest cannot be taken as an image (UNSUPPORTED); undefined where it can. */
export function whyNoImage(what: string, descriptor: Descriptor, manifest: Manifest): DrayError | undefined {
  const encrypted = manifest.layers.find(({ mediaType }) => ENCRYPTED.test(mediaType));
  if (encrypted !== undefined) {
    const { digest, mediaType } = encrypted;
    return new DrayError('UNSUPPORTED', `the layer ${digest} of ${what} is encrypted (${mediaType})`, {
      hint: HINT,
      detail: { layer: digest, mediaType },
    });
  }
  if (!isArtifact(manifest) && !isAttestation(descriptor)) return undefined;
  const artifactType = typeOf(manifest);
  return new DrayError('UNSUPPORTED', `${what} is not a container image but an artifact (${artifactType})`, {
    hint: HINT,
    detail: { artifactType },
  });
}

function typeOf({ artifactType, config, layers }: Manifest): string {
  // Signatures have an image's config.
  const own = isImageConfigType(config.mediaType) ? (layers[0]?.mediaType ?? config.mediaType) : config.mediaType;
  return artifactType ?? own;
}
