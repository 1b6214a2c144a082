import { DrayError } from '#errors';
import { classifyObject } from './classify.ts';
import type { Descriptor } from './descriptor.ts';
import { Fields } from './fields.ts';
import { parseJsonStrict } from './json.ts';
import { type DOCKER_LIST, isIndexType, type OCI_INDEX } from './media-types.ts';
import { quoted } from './printable.ts';
import { readDescriptor, readDescriptors } from './read-descriptor.ts';

/** The manifests of one image for several platforms, or indexes of such. See the image spec's image-index.md. */
export interface ImageIndex {
  readonly mediaType: typeof OCI_INDEX | typeof DOCKER_LIST;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** Most entries of an index. */
const MOST_MANIFESTS = 10_000;

/**
 * Reads an OCI index or a docker manifest list. Throws MANIFEST_INVALID for one that is malformed, ambiguous or not of `mediaType`,
 * UNSUPPORTED for a media type that is no index's.
 * @param mediaType from the descriptor or the Content-Type
 * @param what names the document in errors
 */
export function parseIndex(bytes: Uint8Array, mediaType: string, what = 'the index'): ImageIndex {
  const document = parseJsonStrict(bytes, what);
  const type = classifyObject(document, mediaType, what);
  if (!isIndexType(type)) {
    throw new DrayError('UNSUPPORTED', `cannot read ${what} as an index: it is ${quoted(type)}`);
  }
  const fields = new Fields(document, what);
  fields.refuseOtherCase(['subject', 'annotations', 'artifactType']);
  const annotations = fields.optionalStringMap('annotations');
  const artifactType = fields.optionalString('artifactType');
  const subject = fields.optionalFields('subject');
  return {
    mediaType: type,
    manifests: readDescriptors(fields, 'manifests', MOST_MANIFESTS),
    ...(annotations !== undefined && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject: readDescriptor(subject) }),
  };
}
