import { BoundedMap } from '../../proxy/bounded-map.ts';
import type { AccessRule, RulesOptions } from '../options.ts';
import type { Action, Actor } from '../port.ts';
import { unlimited } from '../principal.ts';
import { actionBits, bitOf } from './action-bits.ts';
import { type PatternRules, readPatterns } from './patterns.ts';

/** Who may do what: see RulesOptions for how a rule is chosen. */
export interface Rules {
  /** The rights of a user; of nobody in particular: undefined. The same object for the same name, as long as few names are used. */
  rightsOf(user: string | undefined): Actor;
  /** True: there is a rule for those without credentials. */
  readonly allowsAnonymous: boolean;
}

const MOST_USERS = 10_000;
const MOST_REPOSITORIES = 4096;

/** Throws INVALID_CONFIGURATION for rules that cannot be meant: unknown groups, actions or keys, patterns that are never reached. */
export function createRules(options: RulesOptions): Rules {
  const patterns = readPatterns(options.rules, Object.keys(options.groups ?? {}));
  const groupsByUser = new Map<string, Set<string>>();
  for (const [group, members] of Object.entries(options.groups ?? {})) {
    for (const user of members) groupsByUser.set(user, (groupsByUser.get(user) ?? new Set()).add(group));
  }
  const admins = new Set(options.admins);
  const otherwise = actionBits(options.defaultActions ?? []);
  const known = new BoundedMap<string, Actor>(MOST_USERS);
  const anonymous = new Rights(undefined, patterns, () => 0, isForAnybody);

  const make = (user: string): Actor => {
    if (admins.has(user)) return unlimited(user);
    const groups = groupsByUser.get(user) ?? new Set();
    const counts = (rule: AccessRule): boolean =>
      isForAnybody(rule) ||
      rule.authenticated === true ||
      rule.users?.includes(user) === true ||
      rule.groups?.some((group) => groups.has(group)) === true;
    return new Rights(user, patterns, () => otherwise, counts);
  };
  return {
    allowsAnonymous: options.rules.some(isForAnybody),
    rightsOf(user) {
      if (user === undefined) return anonymous;
      let rights = known.get(user);
      if (rights === undefined) {
        rights = make(user);
        known.set(user, rights);
      }
      return rights;
    },
  };
}

function isForAnybody(rule: AccessRule): boolean {
  return rule.anonymous === true;
}

class Rights implements Actor {
  readonly name: string | undefined;
  readonly may: (repository: string, action: Action) => boolean;

  constructor(
    name: string | undefined,
    patterns: readonly PatternRules[],
    otherwise: () => number,
    counts: (rule: AccessRule) => boolean,
  ) {
    this.name = name;
    const byRepository = new BoundedMap<string, number>(MOST_REPOSITORIES);
    const bitsFor = (repository: string): number => {
      const decisive = patterns.find(({ matches }) => matches(repository));
      if (decisive === undefined) return otherwise();
      return decisive.rules.filter(counts).reduce((bits, { actions }) => bits | actionBits(actions), 0);
    };
    this.may = (repository, action) => {
      let bits = byRepository.get(repository);
      if (bits === undefined) {
        bits = bitsFor(repository);
        byRepository.set(repository, bits);
      }
      return (bits & bitOf(action)) !== 0;
    };
  }
}
