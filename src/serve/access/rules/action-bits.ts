import type { Action } from '../port.ts';

const BITS: Readonly<Record<Action, number>> = { pull: 1, create: 2, overwrite: 4, delete: 8 };

/** By the words of rules and of tokens. */
const WORDS: Readonly<Record<string, number>> = {
  pull: BITS.pull,
  create: BITS.create,
  push: BITS.create | BITS.overwrite,
  delete: BITS.delete,
  '*': BITS.pull | BITS.create | BITS.overwrite | BITS.delete,
};

export function bitOf(action: Action): number {
  return BITS[action];
}

export function isActionWord(word: string): boolean {
  return Object.hasOwn(WORDS, word);
}

/** Sets of actions as bits; words that are none count for nothing. */
export function actionBits(words: readonly string[]): number {
  return words.reduce((bits, word) => bits | (Object.hasOwn(WORDS, word) ? (WORDS[word] ?? 0) : 0), 0);
}

/** The fewest words for a set. */
export function actionWords(bits: number): readonly string[] {
  const words: string[] = [];
  if ((bits & BITS.pull) !== 0) words.push('pull');
  if ((bits & BITS.create) !== 0) words.push((bits & BITS.overwrite) === 0 ? 'create' : 'push');
  if ((bits & BITS.delete) !== 0) words.push('delete');
  return words;
}
