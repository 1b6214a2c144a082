import type { ImageRunConfig } from './images.ts';

/** The body of `POST /containers/create`: how it begins, and what it gets of the host. */
export interface ContainerSettings extends ImageRunConfig {
  readonly Image: string;
  readonly Hostname?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly HostConfig?: HostConfig;
  readonly NetworkingConfig?: Readonly<Record<string, unknown>>;
}

export interface HostConfig {
  readonly Binds?: readonly string[] | null;
  readonly NetworkMode?: string;
  readonly RestartPolicy?: {
    readonly Name: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure';
    readonly MaximumRetryCount?: number;
  };
  readonly PublishAllPorts?: boolean;
  readonly ExtraHosts?: readonly string[] | null;
  readonly CapAdd?: readonly string[] | null;
  readonly CapDrop?: readonly string[] | null;
  /** Options by the folder. */
  readonly Tmpfs?: Readonly<Record<string, string>>;
  readonly ShmSize?: number;
  /** Runs an init that reaps and passes signals on. */
  readonly Init?: boolean | null;
  readonly AutoRemove?: boolean;
  readonly Privileged?: boolean;
  readonly ReadonlyRootfs?: boolean;
  readonly Memory?: number;
  readonly NanoCpus?: number;
  readonly PortBindings?: Readonly<Record<string, readonly { HostIp?: string; HostPort: string }[] | null>>;
  readonly [other: string]: unknown;
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
  readonly Mounts: readonly MountSummary[] | null;
  readonly NetworkSettings: ContainerNetworks;
  readonly Config: ImageRunConfig & { readonly Tty?: boolean; readonly OpenStdin?: boolean; readonly Image?: string };
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
  readonly Mode: string;
  readonly RW: boolean;
}

/** How a container is reached. */
export interface ContainerNetworks {
  /** By the container's own (`80/tcp`); null for one that is not published. */
  readonly Ports?: Readonly<
    Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
  > | null;
  /** By the network's name. */
  readonly Networks?: Readonly<
    Record<
      string,
      {
        readonly IPAddress: string;
        readonly Gateway: string;
        readonly NetworkID: string;
        readonly Aliases?: readonly string[] | null;
        readonly [other: string]: unknown;
      }
    >
  > | null;
  readonly [other: string]: unknown;
}

/** Where in its life a container is. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface ContainerState {
  readonly Status: ContainerStatus;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly OOMKilled: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
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
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Privileged?: boolean;
  readonly DetachKeys?: string;
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
