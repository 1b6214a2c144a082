import type { CompareOptions, Comparison } from './compare/comparison.ts';
import type { ImageFile, ListFilesOptions } from './files/list-files.ts';
import type { OpenImageOptions } from './files/open-image.ts';
import type { Places } from './places.ts';
import type { ValidateOptions, Validation } from './validate/validate.ts';

// What these are made of is only loaded where they are called.

/** As `listFiles` in `files/list-files.ts`. */
export async function listFiles(
  text: string,
  places: Places,
  options: ListFilesOptions = {},
): Promise<readonly ImageFile[]> {
  return (await import('./files/list-files.ts')).listFiles(text, places, options);
}

/** As `readFile` in `files/read-file.ts`. */
export async function* readFile(
  text: string,
  paths: readonly string[],
  places: Places,
  options: OpenImageOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* (await import('./files/read-file.ts')).readFile(text, paths, places, options);
}

/** As `validateImage` in `validate/validate.ts`. */
export async function validateImage(text: string, places: Places, options: ValidateOptions = {}): Promise<Validation> {
  return (await import('./validate/validate.ts')).validateImage(text, places, options);
}

/** As `compareImages` in `compare/compare-images.ts`. */
export async function compareImages(
  first: string,
  second: string,
  places: Places,
  options: CompareOptions = {},
): Promise<Comparison> {
  return (await import('./compare/compare-images.ts')).compareImages(first, second, places, options);
}
