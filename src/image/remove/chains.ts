import { type Digest, digestOf, type ImageConfig } from '#oci';

/** The chain ID of each layer, from the base upwards: it stands for the layer and all below it. */
export function chainIds({ rootfs }: Pick<ImageConfig, 'rootfs'>): readonly Digest[] {
  const ids: Digest[] = [];
  for (const diffId of rootfs.diffIds) {
    const below = ids.at(-1);
    ids.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return ids;
}
