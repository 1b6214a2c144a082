/** The media types of documents, configs and layers, by the names that the docker and OCI specs give them. */

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
/** The two bytes `{}`: the config of a manifest that is no image. */
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const OCI_LAYER_ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';
export const OCI_FOREIGN_LAYER = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
export const OCI_FOREIGN_LAYER_GZIP = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
export const OCI_FOREIGN_LAYER_ZSTD = 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd';

export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
export const DOCKER_PLUGIN_CONFIG = 'application/vnd.docker.plugin.v1+json';
export const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';
export const DOCKER_LAYER_GZIP = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
export const DOCKER_LAYER_ZSTD = 'application/vnd.docker.image.rootfs.diff.tar.zstd';
export const DOCKER_FOREIGN_LAYER = 'application/vnd.docker.image.rootfs.foreign.diff.tar';
export const DOCKER_FOREIGN_LAYER_GZIP = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
export const DOCKER_FOREIGN_LAYER_ZSTD = 'application/vnd.docker.image.rootfs.foreign.diff.tar.zstd';

export const SCHEMA1_MANIFEST = 'application/vnd.docker.distribution.manifest.v1+json';
export const SCHEMA1_SIGNED_MANIFEST = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

/** The media types of documents that dray reads. */
export type DocumentType =
  | typeof OCI_INDEX
  | typeof OCI_MANIFEST
  | typeof DOCKER_LIST
  | typeof DOCKER_MANIFEST
  | typeof SCHEMA1_MANIFEST
  | typeof SCHEMA1_SIGNED_MANIFEST;

/** For `Accept`, in the order of preference. No `q`: registries look for the names and several trip over parameters. */
export const MANIFEST_ACCEPT: readonly DocumentType[] = [
  OCI_INDEX,
  DOCKER_LIST,
  OCI_MANIFEST,
  DOCKER_MANIFEST,
  SCHEMA1_SIGNED_MANIFEST,
  SCHEMA1_MANIFEST,
];

const DOCUMENTS: ReadonlySet<string> = new Set(MANIFEST_ACCEPT);
const FOREIGN_LAYERS: ReadonlySet<string> = new Set([
  OCI_FOREIGN_LAYER,
  OCI_FOREIGN_LAYER_GZIP,
  OCI_FOREIGN_LAYER_ZSTD,
  DOCKER_FOREIGN_LAYER,
  DOCKER_FOREIGN_LAYER_GZIP,
  DOCKER_FOREIGN_LAYER_ZSTD,
]);
const LAYERS: ReadonlySet<string> = new Set([
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  DOCKER_LAYER_ZSTD,
  ...FOREIGN_LAYERS,
]);

/** True for what `classify` can return. */
export function isDocumentType(mediaType: string): mediaType is DocumentType {
  return DOCUMENTS.has(mediaType);
}

/** True for an OCI index and a docker manifest list. */
export function isIndexType(mediaType: string): mediaType is typeof OCI_INDEX | typeof DOCKER_LIST {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/** True for an OCI manifest and docker's schema2. */
export function isManifestType(mediaType: string): mediaType is typeof OCI_MANIFEST | typeof DOCKER_MANIFEST {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

export function isSchema1Type(
  mediaType: string,
): mediaType is typeof SCHEMA1_MANIFEST | typeof SCHEMA1_SIGNED_MANIFEST {
  return mediaType === SCHEMA1_MANIFEST || mediaType === SCHEMA1_SIGNED_MANIFEST;
}

/** True for the layers of an image, foreign ones too. */
export function isLayerType(mediaType: string): boolean {
  return LAYERS.has(mediaType);
}

/** True for layers that a registry need not hold: see their `urls`. */
export function isForeignLayerType(mediaType: string): boolean {
  return FOREIGN_LAYERS.has(mediaType);
}

export function isImageConfigType(mediaType: string): mediaType is typeof OCI_CONFIG | typeof DOCKER_CONFIG {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
}
