/** Which tags never move. A tag is immutable where one rule says so. */
export interface ImmutableRule {
  /** Globs, as in access rules; all repositories by default. */
  readonly repositories?: string | readonly string[] | undefined;
  /** Globs (`v*`), `semver` for every version (`1.2.3`, `v1.2.3-rc.1`), or `/a regular expression/`; all tags by default. */
  readonly tags?: string | readonly string[] | undefined;
  /** Tags that may move all the same, e.g. `latest`. */
  readonly except?: string | readonly string[] | undefined;
}

/** How much may be kept. All rules that match a repository hold. */
export interface QuotaRule {
  /** Globs, as in access rules; all repositories by default. */
  readonly repositories?: string | readonly string[] | undefined;
  readonly bytes: number;
  /**
   * What `bytes` is for: all repositories that match `together` (the default), each `repository` by itself, or each `namespace`, which is the first
   * part of the name. A blob that several repositories of one quota hold counts once.
   */
  readonly per?: 'together' | 'repository' | 'namespace' | undefined;
}

/**
 * What is kept of a repository: the first rule whose globs match it decides, the others do not matter for it. Of the tags that the rule is
 * about, those are removed that nothing in it keeps: neither `newest` nor `younger`. A rule with neither removes no tags. Removing a tag
 * leaves its manifest, which is then untagged. Immutable tags always stay.
 */
export interface RetentionRule {
  /** Globs, as in access rules; all repositories by default. */
  readonly repositories?: string | readonly string[] | undefined;
  /** Tags that the rule is about, as in `ImmutableRule`; all by default. */
  readonly tags?: string | readonly string[] | undefined;
  /** Tags that stay whatever the rest says. They do not count for `newest`. */
  readonly except?: string | readonly string[] | undefined;
  /** So many stay, those that were pushed last. */
  readonly newest?: number | undefined;
  /** Milliseconds: tags that were pushed within that time stay. */
  readonly younger?: number | undefined;
  /** Milliseconds that manifests are kept which nothing names any more (no tag, no index, no subject that is kept); undefined: for ever. */
  readonly untagged?: number | undefined;
}

export interface CollectRules {
  /** Milliseconds that content stays which nothing needs: pushes under way have some. An hour by default. */
  readonly grace?: number | undefined;
  /** Milliseconds from when a blob was put away until its bytes go; ten minutes by default. */
  readonly trash?: number | undefined;
  /** Also removes manifests that nothing names and that are older than `untagged` milliseconds (by default `grace`). */
  readonly deleteUntagged?: boolean | undefined;
  readonly untagged?: number | undefined;
}

export interface PurgeRules {
  /** Milliseconds since something was last written to an upload; 168 hours by default, as in distribution. */
  readonly age?: number | undefined;
}

/** When work is done by itself. */
export interface Schedule {
  /** Milliseconds from the end of one run to the next; 24 hours by default. */
  readonly interval?: number | undefined;
  /** Minutes since midnight (UTC) between which a run may begin; from 22:00 to 04:00 is `{ from: 1320, to: 240 }`. Always by default. */
  readonly window?: { readonly from: number; readonly to: number } | undefined;
}

/** Plain data; everything that is undefined is not done. */
export interface MaintenanceRules {
  /** First of all: tags go, and what was untagged for long. */
  readonly retention?: readonly RetentionRule[] | undefined;
  /** Then what nothing needs. */
  readonly collect?: CollectRules | undefined;
  /** And uploads that nobody goes on with. */
  readonly uploads?: PurgeRules | undefined;
  /** Tags that retention must leave alone; the same rules as for clients. */
  readonly immutable?: readonly ImmutableRule[] | undefined;
}
