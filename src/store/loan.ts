import type { Ingest } from '#content';
import type { Descriptor, Digest } from '#oci';
import { pageJournal } from './archive-file/partial-file.ts';
import { partialJournal } from './disk/partial.ts';
import { openFileIngest, type RangeJournal } from './file-ingest.ts';
import { systemFiles } from './file-system.ts';
import type { LayerFacts } from './layer-check.ts';

/** Where the journal of a lent ingest is kept: in the partial file of one blob, or on a page of a file of many. */
export type JournalTerms = { readonly kind: 'partial' } | { readonly kind: 'page'; readonly position: number };

/** What another thread of this process needs to take a blob in: files are open for all threads alike. Plain data. */
export interface LoanTerms {
  readonly target: Descriptor;
  readonly diffId: Digest | undefined;
  readonly fd: number;
  readonly base: number;
  readonly path: string;
  readonly journal: JournalTerms;
}

/** An ingest on loan: its commit verifies, and leaves it to the owner to make the content visible. */
export interface LentIngest {
  readonly ingest: Ingest;
  /** What the commit found out about the layer, for `Loan.settle`. */
  verified(): LayerFacts | undefined;
}

/** Opens, in another thread, what `Ingest.lend` gave there. The owner neither writes nor closes the file meanwhile. */
export function openLoan(terms: LoanTerms): LentIngest {
  let verified: LayerFacts | undefined;
  const { target, diffId, fd, base, path } = terms;
  const ingest = openFileIngest({
    target,
    diffId,
    fd,
    base,
    path,
    journal: journalOf(terms),
    finish: (layer) => {
      verified = layer;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
  return { ingest, verified: () => verified };
}

function journalOf({ journal, fd, path, target }: LoanTerms): RangeJournal {
  if (journal.kind === 'page') return pageJournal({ fs: systemFiles, fd, path, base: journal.position });
  return partialJournal({ fs: systemFiles, fd, path, size: target.size });
}
