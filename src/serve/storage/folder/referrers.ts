import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, isDigest } from '#oci';
import { BoundedCache } from '#store';
import type { StorageOptions } from '../port.ts';
import { type Referral, referralOf, sortedByDigest } from '../referral.ts';
import type { DataFolder } from './data-folder.ts';
import type { Listing, Listings } from './listings.ts';
import type { Manifests } from './manifests.ts';

/** Bytes of memory for what manifests say of others. */
const MOST = 64 * 1024 * 1024;
/** Manifests read before others get their turn. */
const STRIDE = 50;

interface Facts {
  /** The folders' names that `referrals` is of. */
  readonly listings: readonly (Listing | undefined)[];
  /** By the manifest that refers; undefined: it refers to nothing. A manifest that could not be read is missing, and looked for again. */
  readonly referrals: ReadonlyMap<Digest, Referral | undefined>;
  readonly bySubject: ReadonlyMap<Digest, readonly Referral[]>;
  /** None is missing. */
  readonly isComplete: boolean;
}

/**
 * Who refers to whom in a repository, found by reading its manifests: an index on disk would be wrong as soon as docker's registry writes
 * to the same folder. Each manifest is read once for as long as memory suffices.
 */
export class Referrers {
  readonly #files: DataFolder;
  readonly #listings: Listings;
  readonly #manifests: Manifests;
  readonly #known = new BoundedCache<Facts>(MOST);

  constructor(files: DataFolder, listings: Listings, manifests: Manifests) {
    this.#files = files;
    this.#listings = listings;
    this.#manifests = manifests;
  }

  async of(repository: string, subject: Digest, options: StorageOptions): Promise<readonly Descriptor[]> {
    const { bySubject } = await this.#facts(repository, options);
    const found = (bySubject.get(subject) ?? []).flatMap(({ descriptor }): readonly Descriptor[] => {
      // Docker's registry removes a link without the folder's time telling.
      const manifest = this.#manifests.manifest(repository, descriptor.digest);
      if (manifest === undefined) return [];
      return [
        manifest.mediaType === descriptor.mediaType ? descriptor : { ...descriptor, mediaType: manifest.mediaType },
      ];
    });
    return sortedByDigest(found);
  }

  async #facts(repository: string, { signal }: StorageOptions): Promise<Facts> {
    const folder = this.#files.paths.revisions(repository);
    const listings = [this.#listings.of(`${folder}/sha256`), this.#listings.of(`${folder}/sha512`)];
    const known = this.#known.get(repository);
    const isSame = listings.every((listing, index) => listing === known?.listings[index]);
    if (known?.isComplete === true && isSame) return known;
    const digests = [...digestsOf('sha256', listings[0]), ...digestsOf('sha512', listings[1])];
    const referrals = new Map<Digest, Referral | undefined>();
    let read = 0;
    for (const digest of digests) {
      if (known?.referrals.has(digest) === true) {
        referrals.set(digest, known.referrals.get(digest));
        continue;
      }
      read += 1;
      if (read % STRIDE === 0) await nextTurn();
      throwIfCancelled(signal);
      const manifest = this.#manifests.manifest(repository, digest);
      if (manifest !== undefined) referrals.set(digest, referralOf(manifest));
    }
    const facts: Facts = {
      listings,
      referrals,
      bySubject: groupBySubject(referrals.values()),
      isComplete: referrals.size === digests.length,
    };
    this.#known.set(repository, facts, weightOf(facts));
    return facts;
  }
}

function digestsOf(algorithm: 'sha256' | 'sha512', listing: Listing | undefined): readonly Digest[] {
  return (listing?.names ?? []).map((hex) => `${algorithm}:${hex}`).filter(isDigest);
}

function groupBySubject(referrals: Iterable<Referral | undefined>): ReadonlyMap<Digest, readonly Referral[]> {
  const grouped = new Map<Digest, Referral[]>();
  for (const referral of referrals) {
    if (referral === undefined) continue;
    const group = grouped.get(referral.subject);
    if (group === undefined) grouped.set(referral.subject, [referral]);
    else group.push(referral);
  }
  return grouped;
}

function weightOf({ referrals }: Facts): number {
  let weight = 500;
  for (const referral of referrals.values()) {
    weight += referral === undefined ? 200 : 600 + JSON.stringify(referral.descriptor.annotations ?? {}).length;
  }
  return weight;
}
