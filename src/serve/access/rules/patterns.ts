import { DrayError } from '#errors';
import { quoted } from '#oci';
import { repositoryGlob } from '../../proxy/glob.ts';
import type { AccessRule } from '../options.ts';
import { isActionWord } from './action-bits.ts';

/** All rules with one pattern. */
export interface PatternRules {
  readonly pattern: string;
  readonly matches: (repository: string) => boolean;
  readonly rules: readonly AccessRule[];
}

const KEYS = new Set(['repositories', 'users', 'groups', 'authenticated', 'anonymous', 'actions']);
const PATTERN = /^[a-z0-9._/*-]+$/;

/** The rules by pattern, in the order in which their patterns first appear. Throws INVALID_CONFIGURATION for those that cannot be meant. */
export function readPatterns(rules: readonly AccessRule[], groups: readonly string[]): readonly PatternRules[] {
  const byPattern = new Map<string, AccessRule[]>();
  for (const [at, rule] of rules.entries()) {
    checkRule(rule, at + 1, groups);
    for (const pattern of patternsOf(rule)) {
      const same = byPattern.get(pattern);
      if (same === undefined) checkReached(pattern, at + 1, [...byPattern.keys()]);
      byPattern.set(pattern, [...(same ?? []), rule]);
    }
  }
  return [...byPattern].map(([pattern, same]) => ({ pattern, matches: repositoryGlob(pattern), rules: same }));
}

function patternsOf({ repositories }: AccessRule): readonly string[] {
  return typeof repositories === 'string' ? [repositories] : [...new Set(repositories)];
}

function checkRule(rule: AccessRule, number: number, groups: readonly string[]): void {
  const wrong = (text: string): DrayError => new DrayError('INVALID_CONFIGURATION', `access rule ${number} ${text}`);
  const unknown = Object.keys(rule).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw wrong(`has ${quoted(unknown)}, which is not known here`);
  const patterns = patternsOf(rule);
  if (patterns.length === 0) throw wrong('names no repositories');
  const odd = patterns.find((pattern) => !PATTERN.test(pattern));
  if (odd !== undefined)
    throw wrong(`names repositories by ${quoted(odd)}, which matches no name that a repository can have`);
  const action = rule.actions.find((word) => !isActionWord(word));
  if (action !== undefined) throw wrong(`has the action ${quoted(action)}; there are pull, create, push, delete and *`);
  if (rule.actions.length === 0) throw wrong('allows no action');
  const group = rule.groups?.find((name) => !groups.includes(name));
  if (group !== undefined) throw wrong(`names the group ${quoted(group)}, which has no list of members`);
  const names = (rule.users?.length ?? 0) + (rule.groups?.length ?? 0);
  if (names === 0 && rule.authenticated !== true && rule.anonymous !== true) {
    throw wrong('is for nobody: it needs users, groups, authenticated or anonymous');
  }
}

/** What stands below a pattern that ends in `**` is decided there. */
function checkReached(pattern: string, number: number, before: readonly string[]): void {
  const cover = before.find(
    (other) => other.endsWith('**') && !other.slice(0, -2).includes('*') && isBelow(pattern, other),
  );
  if (cover === undefined) return;
  throw new DrayError(
    'INVALID_CONFIGURATION',
    `access rule ${number} for ${quoted(pattern)} is never reached: ${quoted(cover)} stands before it and decides`,
    { hint: 'put narrow patterns before wide ones' },
  );
}

function isBelow(pattern: string, cover: string): boolean {
  const start = cover.slice(0, -2);
  return pattern.startsWith(start) || (start.endsWith('/') && pattern === start.slice(0, -1));
}
