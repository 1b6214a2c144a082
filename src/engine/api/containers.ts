import type { HostConfig } from './host-config.ts';
import type { EngineDescriptor, ImageRunConfig, RunConfig } from './images.ts';

/** The body of `POST /containers/create`: how it begins, and what it gets of the host. */
export interface ContainerSettings extends RunConfig {
  readonly Image: string;
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  /** Seconds from the signal of a stop to the kill. */
  readonly StopTimeout?: number;
  readonly NetworkDisabled?: boolean;
  readonly MacAddress?: string;
  readonly HostConfig?: HostConfig;
  /** By the name of the network. */
  readonly NetworkingConfig?: {
    readonly EndpointsConfig?: Readonly<Record<string, EndpointSettings | null>> | null;
  };
}

/** How a container is in a network. */
export interface EndpointSettings {
  readonly IPAMConfig?: {
    readonly IPv4Address?: string;
    readonly IPv6Address?: string;
    readonly LinkLocalIPs?: readonly string[] | null;
  } | null;
  readonly Links?: readonly string[] | null;
  readonly Aliases?: readonly string[] | null;
  readonly MacAddress?: string;
  readonly DriverOpts?: Readonly<Record<string, string>> | null;
  /** The network with the highest one has the default gateway. */
  readonly GwPriority?: number;
}

export interface ContainerCreated {
  readonly Id: string;
  readonly Warnings: readonly string[] | null;
}

/** A row of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string;
  /** Each begins with a slash. */
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly State: ContainerStatus;
  /** For people: `Up 5 minutes`. */
  readonly Status: string;
  readonly Mounts?: readonly MountSummary[];
  readonly Ports: readonly PortSummary[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly HostConfig?: { readonly NetworkMode?: string; readonly Annotations?: Readonly<Record<string, string>> };
  readonly NetworkSettings?: Pick<ContainerNetworks, 'Networks'>;
  /** The manifest that it was made of, from engines that keep indexes. */
  readonly ImageManifestDescriptor?: EngineDescriptor;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly [other: string]: unknown;
}

export interface PortSummary {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** `GET /containers/{id}/json`. */
export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Image: string;
  readonly State: ContainerState;
  readonly RestartCount: number;
  readonly Driver?: string;
  readonly Platform?: string;
  readonly LogPath?: string;
  readonly ExecIDs?: readonly string[] | null;
  readonly ImageManifestDescriptor?: EngineDescriptor;
  /** Both where they were asked for. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Mounts: readonly MountSummary[] | null;
  readonly NetworkSettings: ContainerNetworks;
  readonly Config: ImageRunConfig & Omit<ContainerSettings, 'HostConfig' | 'NetworkingConfig'>;
  readonly HostConfig: HostConfig;
  readonly [other: string]: unknown;
}

/** What of the host is in a container. */
export interface MountSummary {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';
  /** Of a volume. */
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  /** Of a volume. */
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation?: string;
}

/** How a container is reached. */
export interface ContainerNetworks {
  /** By the container's own (`80/tcp`); null for one that is not published. */
  readonly Ports?: Readonly<
    Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
  > | null;
  /** By the network's name. */
  readonly Networks?: Readonly<Record<string, NetworkEndpoint>> | null;
  readonly [other: string]: unknown;
}

/** A container in a network, with what it has been given there; texts are empty while it does not run. */
export interface NetworkEndpoint extends EndpointSettings {
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly DNSNames?: readonly string[] | null;
}

/** Where in its life a container is. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface ContainerState {
  readonly Status: ContainerStatus;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  /** Of one with a healthcheck. */
  readonly Health?: ContainerHealth;
}

export interface ContainerHealth {
  readonly Status: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly FailingStreak: number;
  /** The last checks, the newest last. */
  readonly Log:
    | readonly {
        readonly Start: string;
        readonly End: string;
        readonly ExitCode: number;
        readonly Output: string;
      }[]
    | null;
}

/** The end of a container. */
export interface ContainerEnd {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string } | null;
}

/** The body of `POST /containers/{id}/exec`. */
export interface ExecSettings {
  readonly Cmd: readonly string[];
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly Tty?: boolean;
  readonly Env?: readonly string[] | null;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Privileged?: boolean;
  readonly DetachKeys?: string;
  /** Rows and columns of its terminal from the beginning. Since API 1.42. */
  readonly ConsoleSize?: readonly [number, number];
}

/** `GET /exec/{id}/json`. */
export interface ExecInspect {
  readonly ID: string;
  readonly Running: boolean;
  /** Null while it runs. */
  readonly ExitCode: number | null;
  readonly Pid: number;
  readonly ContainerID: string;
  readonly [other: string]: unknown;
}
