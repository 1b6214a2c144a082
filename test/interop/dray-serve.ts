import assert from 'node:assert/strict';
import { join } from 'node:path';
import { atEnd } from './cleanup.ts';
import { COMMAND, makeFolder } from './run.ts';
import { startService } from './service.ts';

export interface DrayServe {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** With the scheme. */
  readonly url: string;
  /** A folder for it, unless the flags say where it keeps images. */
  readonly data: string;
}

/** `dray serve` as users start it, on a port that is free, with a folder of its own. It says its address, and nothing to the file's end. */
export async function startDrayServe(...flags: readonly string[]): Promise<DrayServe> {
  const data = join(makeFolder(), 'data');
  const place = flags.some((flag) => flag === '--memory' || flag === '--data') ? [] : ['--data', data];
  const words = [COMMAND, 'serve', '-q', '--port', '0', ...place, ...flags];
  const { said } = await startService(process.execPath, words, async (text) => /^https?:\/\/\S+\n$/.test(text));
  const url = said().trimEnd();
  atEnd(() => assert.equal(said(), `${url}\n`));
  return { host: new URL(url).host, url, data };
}
