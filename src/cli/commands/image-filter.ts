import type { StoredImage } from '#image';
import { matchesRepository, parseReference } from '#oci';
import type { ValueParser } from '../flags/values.ts';
import { UsageError } from '../usage-error.ts';

/** One `--filter`. */
export interface ImageFilter {
  readonly kind: 'dangling' | 'label' | 'reference';
  test(image: StoredImage): boolean;
}

/** Reads `dangling=BOOL`, `label=KEY[=VALUE]` and `reference=PATTERN`. */
export const imageFilter: ValueParser<ImageFilter> = (text, flag) => {
  const [, kind = '', value = ''] = /^\s*(\w+)\s*=\s*(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'dangling':
      return { kind, test: dangling(value) };
    case 'label':
      return { kind, test: label(value) };
    case 'reference':
      return { kind, test: (image) => named(image, value) };
    case '':
      throw new UsageError(`invalid argument ${JSON.stringify(text)} for "${flag}" flag: a filter is NAME=VALUE`);
    default:
      throw new UsageError(`filter '${kind}' is not supported yet`, {
        hint: 'there are dangling, label and reference',
      });
  }
};

function dangling(value: string): ImageFilter['test'] {
  const wanted = /^(1|t|true)$/i.test(value);
  if (!wanted && !/^(0|f|false)$/i.test(value)) {
    throw new UsageError(`invalid filter 'dangling=${value}': true or false is wanted`);
  }
  return (image) => (image.tag === undefined) === wanted;
}

function label(value: string): ImageFilter['test'] {
  const equals = value.indexOf('=');
  const key = equals === -1 ? value : value.slice(0, equals);
  return ({ labels }) => Object.hasOwn(labels, key) && (equals === -1 || labels[key] === value.slice(equals + 1));
}

function named({ repository, tag }: StoredImage, pattern: string): boolean {
  return matchesRepository(parseReference(tag === undefined ? repository : `${repository}:${tag}`), pattern);
}
