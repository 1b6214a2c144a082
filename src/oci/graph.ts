import type { Descriptor } from './descriptor.ts';
import type { ImageIndex } from './image-index.ts';
import type { Manifest } from './manifest.ts';

/** What a document needs to be whole: the entries of an index; the config and then the layers of a manifest. Not its subject. */
export function children(document: Manifest | ImageIndex): readonly Descriptor[] {
  return 'manifests' in document ? document.manifests : [document.config, ...document.layers];
}
