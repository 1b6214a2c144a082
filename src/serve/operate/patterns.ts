import { DrayError, messageOf } from '#errors';
import { quoted } from '#oci';
import { repositoryGlob } from '../proxy/glob.ts';

export type NameTest = (name: string) => boolean;
type Patterns = string | readonly string[] | undefined;

const SEMVER = /^v?\d{1,10}\.\d{1,10}\.\d{1,10}(?:[-+._][0-9A-Za-z.+_-]*)?$/;

/** Whether a repository is meant by one of the globs; `standard` where there are none. */
export function repositoryTest(globs: Patterns, standard = true): NameTest {
  return anyOf(globs, repositoryGlob, standard);
}

/**
 * Whether a tag is meant by one of the patterns: globs with `*`, `semver`, or a regular expression between slashes, which finds any part of the tag
 * unless it is anchored. Throws INVALID_OPTION for an expression that is none.
 */
export function tagTest(patterns: Patterns, standard = true): NameTest {
  return anyOf(patterns, tagPattern, standard);
}

function anyOf(patterns: Patterns, read: (pattern: string) => NameTest, standard: boolean): NameTest {
  if (patterns === undefined) return () => standard;
  const tests = (typeof patterns === 'string' ? [patterns] : patterns).map(read);
  return (name) => tests.some((test) => test(name));
}

function tagPattern(pattern: string): NameTest {
  if (pattern === 'semver') return (tag) => SEMVER.test(tag);
  if (!/^\/.+\/$/s.test(pattern)) return repositoryGlob(pattern);
  try {
    const expression = new RegExp(pattern.slice(1, -1), 'u');
    return (tag) => expression.test(tag);
  } catch (cause) {
    const message = `${quoted(pattern)} is no regular expression for tags: ${messageOf(cause)}`;
    throw new DrayError('INVALID_OPTION', message, { cause });
  }
}
