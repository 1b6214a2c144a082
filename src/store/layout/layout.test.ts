import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenStore, storeSuite } from '#testing';
import { openOciLayout } from './open.ts';

const lockTimings = { beat: 100, stale: 800, poll: 5 };

async function open(): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-layout-'));
  const root = join(folder, 'image');
  const again = (): ReturnType<typeof openOciLayout> => openOciLayout(root, { lockTimings });
  return { store: await again(), reopen: again, close: async () => rmSync(folder, { recursive: true }) };
}

storeSuite('OCI layout', open, { ingest: true, layers: true, names: true });
