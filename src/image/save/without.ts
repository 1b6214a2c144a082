import { readFileSync, statSync } from 'node:fs';
import { DrayError, messageOf } from '#errors';
import { type Digest, isDigest, printable } from '#oci';
import type { ArchiveDelta } from '#store';
import { manifestsOf, select } from '../copy/selection.ts';
import { parsePlace } from '../place/parse-place.ts';
import { recognise } from '../place/recognise.ts';
import { type PlacedImage, withImage, withImagesAt } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import type { SaveOptions } from './saved.ts';

/** Bytes of a list of digests. */
const LARGEST_LIST = 16 * 1024 * 1024;

/**
 * Which content the other side has: what is in archives and layouts, what stands in lists (a digest a line), what images of the store or a registry consist of.
 * Rejects with NOT_FOUND, INVALID_OPTION for a file that is none of these, and what the places reject with.
 */
export async function readWithout(
  texts: readonly string[],
  places: Places,
  options: Pick<SaveOptions, 'signal' | 'onEvent'>,
): Promise<ArchiveDelta> {
  const without = new Set<Digest>();
  const note = async (image: PlacedImage): Promise<void> => {
    const wanted = { platforms: 'all', named: false } as const;
    const selection = await select(image, { wanted, host: places.host, images: false, ...options });
    for (const { config, layers } of manifestsOf(selection)) {
      for (const { digest } of [config, ...layers]) without.add(digest);
    }
  };
  for (const text of texts) {
    if (isList(text)) {
      for (const digest of readList(text)) without.add(digest);
      continue;
    }
    const place = parsePlace(text, { plain: 'store' });
    const how = { action: 'look at', ...options };
    if (place.kind === 'store') await withImage(text, places, { plain: 'store-first', ...how }, note);
    else {
      await withImagesAt(place, places, { several: true, ...how }, async (images) => {
        for (const image of images) await note(image);
      });
    }
  }
  return { without, from: texts };
}

/** A file that is neither archive nor layout. */
function isList(text: string): boolean {
  return recognise(text) === undefined && statSync(text, { throwIfNoEntry: false })?.isFile() === true;
}

function readList(path: string): readonly Digest[] {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > LARGEST_LIST) throw new DrayError('TOO_LARGE', `the list ${path} is larger than ${LARGEST_LIST} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof DrayError) throw error;
    throw new DrayError('IO_FAILED', `cannot read the list ${path}: ${messageOf(error)}`, { cause: error });
  }
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line, at) => {
      if (isDigest(line)) return line;
      throw new DrayError(
        'INVALID_OPTION',
        `${path} is no archive and no list of digests: line ${at + 1} is ${JSON.stringify(printable(line, 80))}`,
      );
    });
}
