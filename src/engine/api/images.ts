import type { PlatformDocument } from '#oci';

/** A descriptor as the Engine API has it, platform included. */
export interface EngineDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: EnginePlatform;
  readonly artifactType?: string;
}

/** As an image index has it. */
export type EnginePlatform = PlatformDocument;

/** A row of `GET /images/json`. Sizes are bytes; -1 is "not asked for". */
export interface ImageSummary {
  readonly Id: string;
  readonly ParentId: string;
  /** Null from old engines. */
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize: number;
  /** Before 1.44. */
  readonly VirtualSize?: number;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Containers: number;
  /** What the name stands for, from engines that keep indexes. */
  readonly Descriptor?: EngineDescriptor;
  /** Asked for with `manifests`, since 1.47. */
  readonly Manifests?: readonly ImageManifestSummary[];
}

/** One manifest of an index. */
export interface ImageManifestSummary {
  readonly ID: string;
  readonly Descriptor: EngineDescriptor;
  /** Whether all of it is here. */
  readonly Available: boolean;
  readonly Size: { readonly Content: number; readonly Total: number };
  readonly Kind: 'image' | 'attestation' | 'unknown';
  readonly ImageData?: {
    readonly Platform: EnginePlatform;
    readonly Size: { readonly Unpacked: number };
    readonly Containers: readonly string[] | null;
  };
  readonly AttestationData?: { readonly For: string };
}

/** How a container begins. */
export interface RunConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly OnBuild?: readonly string[] | null;
  readonly StopSignal?: string;
  readonly Healthcheck?: Healthcheck;
  /** On Windows: `Cmd` is one line, escaped already. */
  readonly ArgsEscaped?: boolean;
  readonly Shell?: readonly string[];
}

/** The same in an image, as whoever built it put it down. */
export interface ImageRunConfig extends RunConfig {
  readonly [other: string]: unknown;
}

/** Times are billionths of a second; 0 is the engine's default. */
export interface Healthcheck {
  /** `['CMD', 'true']`, `['CMD-SHELL', 'true']`, `['NONE']`; empty: that of the image. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** `GET /images/{name}/json`. */
export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent?: string;
  readonly Comment?: string;
  readonly Created?: string;
  readonly DockerVersion?: string;
  readonly Author?: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  /** Before 1.44. */
  readonly VirtualSize?: number;
  readonly GraphDriver?: { readonly Name: string; readonly Data: Readonly<Record<string, string>> | null };
  readonly RootFS: { readonly Type: string; readonly Layers?: readonly string[] };
  readonly Metadata?: { readonly LastTagTime?: string };
  readonly Descriptor?: EngineDescriptor;
  readonly Manifests?: readonly ImageManifestSummary[];
  readonly Config: ImageRunConfig | null;
}

/** A row of `GET /images/{name}/history`, the last step first. */
export interface HistoryItem {
  /** `<missing>` for steps that are no image of their own. */
  readonly Id: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

/** A step of a removal, in the order in which they were made. */
export interface ImageDeleteItem {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

export interface ImagesPruneReport {
  readonly ImagesDeleted: readonly ImageDeleteItem[] | null;
  readonly SpaceReclaimed: number;
}

/** A row of `GET /images/search`. */
export interface ImageSearchItem {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}

/** `GET /distribution/{name}/json`: what a name stands for in its registry. */
export interface DistributionInspect {
  readonly Descriptor: EngineDescriptor;
  readonly Platforms: readonly EnginePlatform[] | null;
}
