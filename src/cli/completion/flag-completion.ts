import type { Option } from 'commander';
import { beginningWith, type Candidate, type Completion, NOTHING } from './completion.ts';

const PLATFORMS = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/arm/v6',
  'linux/386',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
  'windows/amd64',
];

/** The flags that a word may become. */
export function flagNames(word: string, options: readonly Option[]): Completion {
  const all: Candidate[] = options.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return { candidates: beginningWith(word, [...all, { value: '--help', description: 'Help about this command' }]) };
}

/** What the value of a flag may become: its choices, platforms, files. */
export function flagValues(word: string, option: Option): Completion {
  const { argChoices, flags } = option;
  if (argChoices !== undefined) return { candidates: beginningWith(word, argChoices.map(candidate)) };
  const kind = /<([^>]*)>/.exec(flags)?.[1] ?? '';
  if (kind.startsWith('OS/ARCH')) return { candidates: beginningWith(word, PLATFORMS.map(candidate)) };
  if (kind === 'TEMPLATE') return { candidates: beginningWith(word, ['json', 'table'].map(candidate)) };
  if (/FILE|DIR|PATH|ARCHIVE/.test(kind)) return { candidates: [], files: true };
  return NOTHING;
}

function candidate(value: string): Candidate {
  return { value };
}
