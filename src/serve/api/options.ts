import type { AccessControl } from '../access/port.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RegistryObserver } from '../observe/port.ts';
import type { WritePolicy } from '../operate/policy.ts';
import type { RegistryStorage } from '../storage/port.ts';

/** A path outside of `/v2/`, e.g. `/healthz`. Answers the exchange itself; what it throws is answered as an error. */
export type Page = (exchange: Exchange) => void | Promise<void>;

export interface RegistryApiOptions {
  readonly storage: RegistryStorage;
  /** Everybody may do everything by default. */
  readonly access?: AccessControl | undefined;
  /** All are asked, in order. */
  readonly policies?: readonly WritePolicy[] | undefined;
  readonly observers?: readonly RegistryObserver[] | undefined;
  /** By path. They are reached without credentials: a page that needs some asks for them. */
  readonly pages?: ReadonlyMap<string, Page> | undefined;
  /** What stands before `/v2/`; undefined: whatever does. */
  readonly prefix?: string | undefined;
  /** False: nothing can be deleted. */
  readonly deletes?: boolean | undefined;
  /** How Docker's schema 2 is answered to those who do not ask for it: as signed schema1, by default, or as it is. */
  readonly schema1?: 'signed' | 'off' | undefined;
  /** Which manifests of an index must be there when it is pushed: none by default. */
  readonly indexes?: 'sparse' | 'whole' | undefined;
  /** Most names in one page of tags/list and _catalog, of those who ask for pages; 10,000 by default. */
  readonly pageSize?: number | undefined;
  /** Bytes of the largest manifest that is taken; 4 MiB by default. */
  readonly manifestLimit?: number | undefined;
  /** Milliseconds that a body may stand still; 60,000 by default. */
  readonly stallTimeout?: number | undefined;
  /** Which repository of the storage is meant by a name, `?ns=` of the request given; the name itself by default. */
  readonly repositoryFor?: ((name: string, namespace: string | undefined) => string) | undefined;
  /** Told of what is answered with a server error: for the log. */
  readonly onFailure?: ((error: unknown, exchange: Exchange) => void) | undefined;
}
