import type { SearchResult } from '#dray';
import { UsageError } from '../usage-error.ts';

/** Whether a result is wanted. */
export type SearchFilter = (result: SearchResult) => boolean;

/** Reads `is-official=BOOL`, `is-automated=BOOL` or `stars=N`. */
export function searchFilter(text: string): SearchFilter {
  const { key = '', value = '' } = /^(?<key>[^=]*)=(?<value>.*)$/s.exec(text)?.groups ?? {};
  switch (key.trim()) {
    case 'is-official':
      return (
        (wanted) =>
        ({ official }) =>
          official === wanted
      )(truth(key, value));
    case 'is-automated':
      return (
        (wanted) =>
        ({ automated }) =>
          automated === wanted
      )(truth(key, value));
    case 'stars':
      return (
        (least) =>
        ({ stars }) =>
          stars >= least
      )(count(key, value));
    default:
      throw new UsageError(`invalid filter '${text}'`, {
        hint: 'use is-official=true, is-automated=false or stars=100',
        dockerStatus: 1,
      });
  }
}

function truth(key: string, value: string): boolean {
  if (/^(1|true)$/i.test(value)) return true;
  if (/^(0|false)$/i.test(value)) return false;
  throw invalid(key, value);
}

function count(key: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw invalid(key, value);
  return Number(value);
}

function invalid(key: string, value: string): UsageError {
  return new UsageError(`invalid filter '${key}=[${value}]'`, { dockerStatus: 1 });
}
