import { createHash } from 'node:crypto';
import type { EngineInfo } from '#engine';
import type { EngineContext } from '../engine-context.ts';
import type { RouteHandler } from '../http/router.ts';
import { type HostFacts, hostFacts } from './host-facts.ts';
import { registryConfig } from './registry-config.ts';

/** Also keeps the docker command from telling what is missing for containers, one by one. */
const WARNINGS = ['WARNING: This engine is for images: it neither runs containers nor builds yet'];

/** Without containers there is nothing that could be limited, and nothing that runs them. */
const NO_CONTAINERS = {
  Containers: 0,
  ContainersRunning: 0,
  ContainersPaused: 0,
  ContainersStopped: 0,
  Plugins: { Volume: [], Network: [], Authorization: null, Log: [] },
  MemoryLimit: false,
  SwapLimit: false,
  CpuCfsPeriod: false,
  CpuCfsQuota: false,
  CPUShares: false,
  CPUSet: false,
  PidsLimit: false,
  OomKillDisable: false,
  IPv4Forwarding: false,
  LoggingDriver: '',
  CgroupDriver: 'none',
  GenericResources: null,
  Runtimes: {},
  DefaultRuntime: '',
  InitBinary: '',
  ContainerdCommit: { ID: '' },
  RuncCommit: { ID: '' },
  InitCommit: { ID: '' },
  SecurityOptions: [],
  LiveRestoreEnabled: false,
  Isolation: '',
  Swarm: {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  },
};

/** Tells about the engine, its machine and its settings. */
export function info({ dray, version, events }: EngineContext): RouteHandler {
  return async (exchange) => {
    const host = await hostFacts();
    const settings = await dray.settings();
    const images = await dray.images({ signal: exchange.left });
    const answer: EngineInfo = {
      ID: idOf(host, settings.root),
      Images: new Set(images.map(({ id }) => id)).size,
      Driver: 'dray',
      // Says that it keeps indexes with all their platforms: clients make images of several platforms for such engines alone.
      DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
      ...NO_CONTAINERS,
      Debug: false,
      SystemTime: new Date().toISOString(),
      NEventsListener: events.listeners,
      KernelVersion: host.kernel,
      OperatingSystem: host.system,
      OSVersion: host.systemVersion,
      OSType: 'linux',
      Architecture: host.machine,
      IndexServerAddress: 'https://index.docker.io/v1/',
      RegistryConfig: registryConfig(settings),
      NCPU: host.processors,
      MemTotal: host.memory,
      DockerRootDir: settings.root,
      HttpProxy: withoutPassword(settings.proxy.http),
      HttpsProxy: withoutPassword(settings.proxy.https),
      NoProxy: settings.proxy.no ?? '',
      Name: host.name,
      Labels: [],
      ExperimentalBuild: false,
      ServerVersion: version,
      Warnings: WARNINGS,
    };
    exchange.replyJson(200, answer);
  };
}

/** The same as long as the store is where it is. */
function idOf({ name }: HostFacts, root: string): string {
  const hex = createHash('sha256').update(`${name}\n${root}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Docker's way to hide what is nobody else's business. */
function withoutPassword(url = ''): string {
  return url.replace(/^([a-z]+:\/\/)?.*@/i, (_, scheme = '') => `${scheme}xxxxx:xxxxx@`);
}
