import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AccessRequest, Action, Need } from './port.ts';

/** alice: secret1, bob: secret2; as `htpasswd -nbB` printed them. */
export const ALICE = 'alice:$2y$05$yLRLKe6zbkY1/nTzoTPlNePbFRVD1AnBhxWxcyXFG3bQIlgYzN6fq';
export const BOB = 'bob:$2y$04$B8kKPkffWUAlqpoCa/f4hOFB.Jp/RvxlEAO7PjGXrC0uw35PjKQni';

/** A folder until the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-access-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let age = 100_000;

/** Writes a file that looks as if it had been changed a while ago, each time somewhat later. */
export function settledFile(path: string, text: string): string {
  writeFileSync(path, text);
  age -= 1;
  const time = new Date(Date.now() - age * 1000);
  utimesSync(path, time, time);
  return path;
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export function needs(repository: string, ...actions: readonly Action[]): readonly Need[] {
  return [{ kind: 'repository', repository, actions }];
}

export function accessRequest(authorization: string | undefined, wanted: readonly Need[]): AccessRequest {
  return {
    headers: authorization === undefined ? {} : { authorization },
    needs: wanted,
    origin: 'https://registry.example',
    address: '192.0.2.7',
  };
}
