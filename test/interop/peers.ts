import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';

/** Where tools/peers/setup-peers.sh and make-images.sh put things. */
const PEERS = join(process.env['PEERS'] ?? '/var/tmp/peers', 'bin');
const IMAGES = process.env['D'] ?? '/var/tmp/dray-images';

/** PATH for children: the peers first, then the system's. */
export const peerPath = [PEERS, process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter);

/** The docker command and daemon of years ago that are here, by their versions: `docker-20` and `dockerd-20` ... */
export const OLD_DOCKERS = ['20', '26'] as const;
export type OldDocker = (typeof OLD_DOCKERS)[number];

/** PATH for children to whom `docker` is an old one. */
export function oldDockerPath(version: OldDocker): string {
  return [join(PEERS, '..', `docker-${version}`), peerPath].join(delimiter);
}

/** The OCI layout of a real image, made by tools/peers/make-images.sh. */
export function layout(name: string): string {
  return join(IMAGES, `oci-${name}`);
}

/**
 * A test with programs of others, named in `needs`; `oci-NAME` stands for a real image. Where one is absent the test is skipped and says
 * which; with DRAY_REQUIRE_PEERS=1 it fails.
 */
export function peerTest(name: string, needs: readonly string[], body: (t: TestContext) => Promise<void>): void {
  const missing = needs.filter((need) => !isHere(need));
  if (missing.length === 0) {
    test(name, body);
    return;
  }
  const words = `not here: ${missing.join(', ')} (see tools/peers)`;
  if (process.env['DRAY_REQUIRE_PEERS'] === '1') test(name, () => assert.fail(words));
  else test(name, { skip: words }, () => {});
}

function isHere(need: string): boolean {
  if (need.startsWith('oci-')) return existsSync(join(layout(need.slice(4)), 'index.json'));
  if (need === 'root') return process.getuid?.() === 0;
  if (need.startsWith('dockerd') && process.getuid?.() !== 0) return false;
  return peerPath.split(delimiter).some((folder) => existsSync(join(folder, need)));
}
