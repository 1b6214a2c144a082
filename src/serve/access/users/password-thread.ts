import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';

/** What the thread is asked; it answers with the same `id`. */
export interface PasswordQuestion {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

export interface PasswordAnswer {
  readonly id: number;
  readonly matches: boolean;
}

parentPort?.on('message', ({ id, password, hash }: PasswordQuestion) => {
  const answer: PasswordAnswer = { id, matches: bcrypt.compareSync(password, hash) };
  parentPort?.postMessage(answer);
});
