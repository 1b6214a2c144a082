import { DrayError } from '#errors';
import { familiarName, type Reference } from '#oci';
import { parsePlace } from '../place/parse-place.ts';
import type { Place } from '../place/place.ts';
import type { Places } from '../places.ts';
import { readTags } from '../tags.ts';
import { type ChooseTagsOptions, chooseTags } from './choose-tags.ts';
import { isCompanionTag, type TagLists } from './companions.ts';
import { copyTo } from './copy.ts';
import type { CopyOptions, CopyResult } from './copy-result.ts';
import { destinationFor } from './destination.ts';

export interface SeveralCopiesOptions extends CopyOptions, ChooseTagsOptions {}

/**
 * Copies the images of all tags of a repository, or of those chosen, to another repository, the store or a layout, with their tags. Blobs that they share
 * move once. Resolves with one result per tag. Rejects with NOT_FOUND where no tag is left, UNSUPPORTED for an archive as target; what was copied
 * before a failure is there.
 */
export async function copyRepository(
  from: string,
  to: string,
  places: Places,
  options: SeveralCopiesOptions = {},
): Promise<readonly CopyResult[]> {
  const source = repositoryIn(from, parsePlace(from, { plain: 'registry' }));
  const target = parsePlace(to, { plain: 'registry', target: true });
  const { signal, onEvent } = options;
  chooseTags([], options);
  const all = await readTags(source, places.registries, { signal, onEvent });
  const tags = chooseTags(
    all.filter((tag) => !isCompanionTag(tag)),
    options,
  );
  if (tags.length === 0) {
    throw new DrayError('NOT_FOUND', `none of the ${all.length} tags of ${familiarName(source)} is to be copied`, {
      hint: `dray tags ${familiarName(source)} lists them`,
    });
  }
  const tagLists: TagLists = new Map();
  const results: CopyResult[] = [];
  for (const tag of tags) {
    const destination = destinationFor(withTag(target, source, tag), places, {
      ...options,
      tags: [],
      retries: places.retries,
      trustRoot: true,
    });
    const image = `docker://${source.domain}/${source.path}:${tag}`;
    results.push(...(await copyTo({ places, destination, tagLists, options }, image)));
  }
  return results;
}

function repositoryIn(text: string, place: Place): Reference {
  if (place.kind !== 'registry') {
    throw new DrayError('UNSUPPORTED', `${text} is no repository of a registry: all tags can be copied of those alone`);
  }
  if (/:[^/]*$|@/.test(text.replace(/^docker:\/\//, ''))) {
    throw new DrayError('INVALID_REFERENCE', `${text} names one image already`, { hint: 'leave the tag out' });
  }
  const { domain, path } = place.reference;
  return { domain, path };
}

/** Where the image of one tag goes. */
function withTag(target: Place, { domain, path }: Reference, tag: string): Place {
  switch (target.kind) {
    case 'registry': {
      const { reference } = target;
      return { kind: 'registry', reference: { domain: reference.domain, path: reference.path, tag } };
    }
    case 'store':
      return { kind: 'store', text: `${target.text === '' ? `${domain}/${path}` : target.text}:${tag}` };
    case 'oci-dir':
      return { ...target, tag };
    default:
      throw new DrayError('UNSUPPORTED', `all tags of a repository cannot be copied to ${target.kind}`, {
        hint: 'copy to oci:DIR, or: dray pull -a -o FILE REPOSITORY',
      });
  }
}
