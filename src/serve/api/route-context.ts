import type { Turns } from '#store';
import type { RegistryEvent } from '../observe/port.ts';
import type { RegistryStorage } from '../storage/port.ts';
import type { CombinedPolicy } from './combine-policies.ts';
import type { Rules } from './rules.ts';

/** What a route works with. The repository of its request has a valid name, and the actor may do what the method says. */
export interface RouteContext {
  readonly storage: RegistryStorage;
  /** The repository of the storage that is meant. */
  readonly repository: string;
  /** Every policy, one after the other; throws what the first one that objects throws. */
  readonly policy: CombinedPolicy;
  readonly rules: Rules;
  /** By repository and tag: who changes a tag that somebody guards. */
  readonly turns: Turns;
  /** The repository of the storage that is meant by another name in the request. */
  repositoryNamed(name: string): string;
  /** Tells all observers; the facts of the request and the actor are added. */
  tell(event: Omit<RegistryEvent, 'actor' | 'request' | 'repository'>): void;
}
