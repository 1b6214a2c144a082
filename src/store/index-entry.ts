import { type Descriptor, type Platform, platformDocument } from '#oci';

/** Under which a root is found in `index.json`. */
export interface RootNames {
  /** Full name with tag, `docker.io/library/alpine:3.20`: for containerd and docker. */
  readonly fullName?: string | undefined;
  /** For skopeo, podman and others. */
  readonly tag?: string | undefined;
  readonly platform?: Platform | undefined;
}

export const NAME_ANNOTATION = 'io.containerd.image.name';
export const TAG_ANNOTATION = 'org.opencontainers.image.ref.name';

/** A root as an entry of `index.json`. Without a tag it has no name. */
export function indexEntry(root: Descriptor, { fullName, tag, platform }: RootNames): object {
  const { mediaType, digest, size, artifactType } = root;
  const annotations = {
    ...(fullName !== undefined && { [NAME_ANNOTATION]: fullName }),
    ...(tag !== undefined && { [TAG_ANNOTATION]: tag }),
  };
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(tag !== undefined && { annotations }),
    ...(platform !== undefined && { platform: platformDocument(platform) }),
  };
}
