/** One thing that a word may become. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What a shell may offer for a word. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Files of this machine may stand there too. */
  readonly files?: boolean;
  /** The word goes on after what is chosen: no space follows. */
  readonly open?: boolean;
}

export const NOTHING: Completion = { candidates: [] };

/** Those candidates that the word begins. */
export function beginningWith(word: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(word));
}
