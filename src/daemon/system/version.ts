import { release } from 'node:os';
import { NEWEST_API_VERSION, OLDEST_API_VERSION, type VersionInfo } from '#engine';
import { hostPlatform } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import type { RouteHandler } from '../http/router.ts';

/** Nothing here is made with Go, and no commit is known: docker prints these empty. */
const UNKNOWN = { GitCommit: '', GoVersion: '' };

/** Says which engine this is. */
export function version({ version: own }: Pick<EngineContext, 'version'>): RouteHandler {
  const { architecture } = hostPlatform({ platform: process.platform, arch: process.arch });
  const facts = { ApiVersion: NEWEST_API_VERSION, MinAPIVersion: OLDEST_API_VERSION, ...UNKNOWN };
  // Its images are for linux, wherever it runs.
  const place = { Os: 'linux', Arch: architecture, KernelVersion: release() };
  const answer: VersionInfo = {
    Platform: { Name: 'dray' },
    Components: [
      { Name: 'Engine', Version: own, Details: { ...facts, ...place, Experimental: 'false' } },
      { Name: 'Node.js', Version: process.versions.node, Details: {} },
    ],
    Version: own,
    ...facts,
    ...place,
  };
  return (exchange) => exchange.replyJson(200, answer);
}
