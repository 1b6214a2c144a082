/** Bytes on their way, and which of them are there: the two things every transfer is about. */
export { type Bytes, bytesOf, type PourableBytes, pour, type Sink } from './bytes.ts';
export { type ByteRange, coveredBytes, mergeRanges, missingRanges } from './ranges.ts';
export { readAll } from './read-all.ts';
