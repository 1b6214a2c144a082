import { DrayError, hasCode, isDrayError, messageOf } from '#errors';
import type { BlobRole } from '#progress';
import type { BlobReport } from './blob-report.ts';
import type { CallOptions, Ingest, Source } from './ports.ts';

/** Other threads that whole transfers can be given to. */
export interface Carrier {
  /** Chooses who does a transfer of so many bytes: whoever has least to do. Call `done` when it is over, whoever did it. */
  assign(bytes: number): Assignment;
}

export interface Assignment {
  /** Undefined: this thread. */
  readonly carry: Carry | undefined;
  done(): void;
}

/**
 * Has another thread transfer a blob; resolves, when that thread touches it no more, with what `Loan.settle` wants. Rejects with what
 * the transfer rejects with.
 */
export type Carry = (job: CarryJob, options: CallOptions) => Promise<unknown>;

/** Plain data. */
export interface CarryJob {
  /** From `Source.recipe`. */
  readonly source: unknown;
  /** From `Ingest.lend`. */
  readonly loan: unknown;
  readonly role: BlobRole;
  readonly retries: number | undefined;
}

export interface CarryOptions extends CallOptions {
  readonly role: BlobRole;
  readonly retries: number | undefined;
  readonly report: BlobReport;
}

/**
 * Lets another thread bring a blob. False when it could not, for want of something that only this thread has (a new token), or because it
 * ended: what it received is kept, and the caller goes on. Otherwise as `transfer`, but the ingest is left to the caller to release.
 */
export async function carryBlob(source: Source, ingest: Ingest, carry: Carry, options: CarryOptions): Promise<boolean> {
  const { role, retries, report, signal, onEvent } = options;
  const recipe = await source.recipe?.({ signal });
  const loan = recipe === undefined ? undefined : ingest.lend?.();
  if (loan === undefined) return false;
  let verified: unknown;
  try {
    verified = await carry({ source: recipe, loan: loan.terms, role, retries }, { signal, onEvent });
  } catch (error) {
    loan.reclaim();
    if (hasCode(error, 'BUSY') || (isDrayError(error) && error.facts.family === 'access')) return false;
    throw error;
  }
  await loan.settle(verified);
  report.state('done', ingest.target.size);
  return true;
}

/** An error as plain data, and back: errors lose their class between threads. */
export interface PlainError {
  readonly code: DrayError['code'];
  readonly message: string;
  readonly hint: string | undefined;
  readonly detail: DrayError['detail'];
  /** A message where it is none of ours. */
  readonly cause: PlainError | string | undefined;
}

export function plainError(error: unknown): PlainError {
  const { code, message, hint, detail, cause } = isDrayError(error)
    ? error
    : new DrayError('BUG', String(error), { cause: error });
  return { code, message, hint, detail, cause: plainCause(cause) };
}

function plainCause(cause: unknown): PlainError['cause'] {
  if (cause === undefined) return undefined;
  return isDrayError(cause) ? plainError(cause) : messageOf(cause);
}

export function revivedError({ code, message, hint, detail, cause }: PlainError): DrayError {
  const revived = typeof cause === 'string' ? new Error(cause) : cause && revivedError(cause);
  return new DrayError(code, message, { ...(hint !== undefined && { hint }), detail, cause: revived });
}
