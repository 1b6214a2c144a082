import { createHash } from 'node:crypto';
import type { OwnerProof } from '#store';
import type { Clock } from '#timing';
import type { DataFolder } from './data-folder.ts';

/** How long nothing may have been written, in milliseconds, until an owner of whom nothing can be known counts as dead. */
const SILENCE = 60_000;
const FREE = 'startedat';
const ATTEMPTS = 4;

export interface BatonTerms {
  readonly files: DataFolder;
  readonly clock: Clock;
  readonly owners: OwnerProof;
}

export interface Baton {
  /** False: the upload was ended meanwhile. */
  giveBack(): boolean;
  /** Ends the upload, whose content is elsewhere by now. */
  drop(): Promise<void>;
}

/**
 * The right to write to an upload: of all processes one has it. Whoever wants it renames the upload's file `startedat` to a name of its own, and
 * gives it back by renaming it again; the kernel lets one succeed. The name tells the process, so that a dead one's can be taken over.
 * @returns `busy` where somebody has it, `gone` where there is no such upload
 */
export async function takeBaton(terms: BatonTerms, upload: string): Promise<Baton | 'busy' | 'gone'> {
  const { files } = terms;
  const own = `${upload}/${FREE}-${nameOf(terms)}`;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (files.move(`${upload}/${FREE}`, own)) return batonOf(files, upload, own);
    if (files.stat(upload) === undefined) return 'gone';
    const names = files.list(upload);
    if (names.includes(FREE)) continue;
    const held = names.find((name) => name.startsWith(`${FREE}-`));
    // Made by a process that was stopped in the middle.
    if (held === undefined) await files.write(`${upload}/${FREE}`, startedAt(terms.clock.now()));
    else if (await takeOver(terms, upload, held, own)) return batonOf(files, upload, own);
    else return 'busy';
  }
  return 'busy';
}

/** What docker's registry expects in `startedat`. */
export function startedAt(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

function batonOf(files: DataFolder, upload: string, own: string): Baton {
  return {
    giveBack: () => files.move(own, `${upload}/${FREE}`),
    async drop() {
      files.remove(own);
      // Docker's registry keeps other things beside.
      if (!files.removeEmpty(upload)) await files.discard(upload);
    },
  };
}

async function takeOver(terms: BatonTerms, upload: string, held: string, own: string): Promise<boolean> {
  const { files } = terms;
  const death = deathOf(terms, held);
  if (death === 'none' || (death === 'unknown' && !isSilent(terms, upload, held))) return false;
  if (!files.move(`${upload}/${held}`, own)) return false;
  // Who is not certainly dead may still have the file open.
  if (death !== 'certain') await renew(files, `${upload}/data`);
  return true;
}

function deathOf({ owners }: BatonTerms, held: string): 'certain' | 'unknown' | 'none' {
  const [, pid = '', started = '', scope] = held.split('-');
  const self = owners.self();
  if (scope !== scopeOf(self.scope)) return 'unknown';
  const death = owners.death({ pid: Number(pid), scope: self.scope, ...(started !== '' && { started }) });
  if (death === 'exact') return 'certain';
  return death === 'likely' ? 'unknown' : 'none';
}

function isSilent({ files, clock }: BatonTerms, upload: string, held: string): boolean {
  const times = [`${upload}/data`, `${upload}/${held}`].map((path) => files.stat(path)?.ctimeMs ?? 0);
  return clock.now() - Math.max(...times) > SILENCE;
}

async function renew(files: DataFolder, path: string): Promise<void> {
  if (files.stat(path) === undefined) return;
  const copy = `${path}.copy`;
  files.remove(copy);
  await new Promise<void>((resolve, reject) => {
    files.fs.copyFile(path, copy, (error) => (error ? reject(error) : resolve()));
  });
  files.fs.renameSync(copy, path);
}

function nameOf({ files, owners }: BatonTerms): string {
  const { pid, started = '', scope } = owners.self();
  return `${pid}-${started}-${scopeOf(scope)}-${files.unique()}`;
}

function scopeOf(scope: string): string {
  return createHash('sha256').update(scope).digest('hex').slice(0, 12);
}
