import type { Flavour } from './layers.ts';

export interface MediaTypes {
  readonly manifest: string;
  readonly index: string;
  readonly config: string;
}

export const MEDIA_TYPES: Readonly<Record<Flavour, MediaTypes>> = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
  },
};
