import { DrayError } from '#errors';
import { printable } from '#oci';
import { compareVersions, type TagVersion, tagVersion } from './tag-version.ts';

interface Comparator {
  readonly operator: '<' | '<=' | '>' | '>=' | '=';
  readonly version: TagVersion;
}

type Numbers = TagVersion['numbers'];

/**
 * A range of versions as npm writes it: `^1.2`, `~1.2.3`, `1.x`, `>=1.2 <2`, `1.2 - 1.4`, several of them with `||`. Gives a test; versions with a suffix
 * (`1.2.3-rc.1`) pass only where the range names one of the same version. Rejects with INVALID_OPTION.
 */
export function versionRange(text: string): (version: TagVersion) => boolean {
  const sets = text.split('||').map((part) => comparators(part.trim(), text));
  return (version) => sets.some((set) => passes(version, set));
}

function passes(version: TagVersion, set: readonly Comparator[]): boolean {
  if (!set.every((comparator) => holds(version, comparator))) return false;
  if (version.suffix.length === 0) return true;
  return set.some((one) => one.version.suffix.length > 0 && String(one.version.numbers) === String(version.numbers));
}

function holds(version: TagVersion, { operator, version: than }: Comparator): boolean {
  const order = compareVersions(version, than);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
  }
}

const PART = /^(\^|~|<=|>=|<|>|=)?\s*v?(.+)$/;

function comparators(part: string, text: string): readonly Comparator[] {
  if (part === '' || part === '*') return [];
  const [, low, high] = /^(\S+)\s+-\s+(\S+)$/.exec(part) ?? [];
  if (low !== undefined && high !== undefined) {
    return [...comparators(`>=${low}`, text), ...comparators(`<=${high}`, text)];
  }
  return part
    .replace(/([<>=~^])\s+/g, '$1')
    .split(/\s+/)
    .flatMap((word) => wordComparators(word, text));
}

function wordComparators(word: string, text: string): readonly Comparator[] {
  const [, operator = '=', rest = ''] = PART.exec(word) ?? [];
  const bare = rest.replace(/(\.[xX*])+$/, '');
  if (/^[xX*]$/.test(bare)) return [];
  const version = tagVersion(bare);
  if (version === undefined) {
    throw new DrayError('INVALID_OPTION', `${printable(text, 200)} is no range of versions`, {
      hint: 'write it as npm does: ^1.2, ~1.2.3, 1.x, ">=1.2 <2"',
    });
  }
  // How many numbers were given: `1.2` stands for all of 1.2.
  const given = bare.replace(/[-+].*$/, '').split('.').length;
  const next = { numbers: nextOf(version.numbers, stepOf(operator, given, version.numbers)), suffix: [] };
  switch (operator) {
    case '^':
    case '~':
      return between(version, next);
    case '=':
      return given === 3 ? [{ operator: '=', version }] : between(version, next);
    case '<=':
      return given === 3 ? [{ operator: '<=', version }] : [{ operator: '<', version: next }];
    case '>':
      return given === 3 ? [{ operator: '>', version }] : [{ operator: '>=', version: next }];
    default:
      return [{ operator: operator === '<' ? '<' : '>=', version }];
  }
}

function between(version: TagVersion, next: TagVersion): readonly Comparator[] {
  return [
    { operator: '>=', version },
    { operator: '<', version: next },
  ];
}

/** Which number goes up for the first version that is outside. */
function stepOf(operator: string, given: number, [major, minor]: Numbers): number {
  if (operator === '~') return Math.min(given, 2) - 1;
  if (operator !== '^') return given - 1;
  if (major > 0 || given === 1) return 0;
  return minor > 0 || given === 2 ? 1 : 2;
}

function nextOf([major, minor, patch]: Numbers, step: number): Numbers {
  if (step <= 0) return [major + 1, 0, 0];
  return step === 1 ? [major, minor + 1, 0] : [major, minor, patch + 1];
}
