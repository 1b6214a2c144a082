/**
 * One class, one table. A `DrayError` has a `code` from a closed set; the table says which family it belongs to
 * (the exit status), which HTTP status a server gives for it and whether trying again can help.
 */

export { cancelled, throwIfCancelled, unlessCancelled } from './cancelled.ts';
export { CODES, type CodeFacts, type ErrorCode, type ErrorFamily, EXIT_STATUS } from './codes.ts';
export { DrayError, type DrayErrorOptions, hasCode, isDrayError, messageOf } from './dray-error.ts';
export { errnoOf } from './errno-of.ts';
export { nearest } from './nearest.ts';
