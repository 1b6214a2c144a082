/**
 * Docker's Engine API: the documents that go over the wire, for either end, and a client for any engine that speaks it. What docker's own
 * description leaves out is here too: streams of messages, multiplexed output, connections that change hands, credentials in headers.
 * https://docs.docker.com/reference/api/engine/
 */
export type {
  BlockStats,
  ContainerChange,
  ContainerStats,
  ContainersPruneReport,
  ContainerTop,
  CpuStats,
  NetworkStats,
  PathStat,
} from './api/container-reports.ts';
export type {
  ContainerCreated,
  ContainerEnd,
  ContainerHealth,
  ContainerInspect,
  ContainerNetworks,
  ContainerSettings,
  ContainerState,
  ContainerStatus,
  ContainerSummary,
  EndpointSettings,
  ExecInspect,
  ExecSettings,
  MountSummary,
  NetworkEndpoint,
  PortSummary,
} from './api/containers.ts';
export { decodeFilters, encodeFilters, type Filters } from './api/filters.ts';
export type { DeviceMapping, DeviceRate, DeviceRequest, HostConfig, MountSettings } from './api/host-config.ts';
export type {
  DistributionInspect,
  EngineDescriptor,
  EnginePlatform,
  Healthcheck,
  HistoryItem,
  ImageDeleteItem,
  ImageInspect,
  ImageManifestSummary,
  ImageRunConfig,
  ImageSearchItem,
  ImageSummary,
  ImagesPruneReport,
  RunConfig,
} from './api/images.ts';
export type { ProgressDetail, ProgressMessage, PushedImage } from './api/progress-message.ts';
export { encodeFrame, FRAME_HEAD, MULTIPLEXED_STREAM_TYPE, RAW_STREAM_TYPE, STREAMS } from './api/raw-stream.ts';
export { decodeRegistryAuth, encodeRegistryAuth, type RegistryAuth } from './api/registry-auth.ts';
export type {
  AuthAnswer,
  BuildCacheItem,
  DiskUsage,
  EngineEvent,
  EngineInfo,
  EngineRegistries,
  PingInfo,
  VersionComponent,
  VersionInfo,
  VolumeSummary,
} from './api/system.ts';
export { compareApiVersions, isApiVersion, NEWEST_API_VERSION, OLDEST_API_VERSION } from './api/version.ts';
export type { ArchiveSource } from './client/archive-body.ts';
export type { EngineAnswer, EngineConnection, EngineRequest, QueryValue, TakenOver } from './client/connection.ts';
export type { ContainerArchive, PutArchiveOptions } from './client/containers/archive.ts';
export type { AttachOptions } from './client/containers/attach.ts';
export type { CommitOptions } from './client/containers/commit.ts';
export type { Containers } from './client/containers/containers-of.ts';
export type { CreateContainerOptions } from './client/containers/create.ts';
export type { InspectContainerOptions } from './client/containers/inspect.ts';
export type { KillContainerOptions } from './client/containers/kill.ts';
export type { ListContainersOptions } from './client/containers/list.ts';
export type { LogsOptions } from './client/containers/logs.ts';
export type { PruneContainersOptions } from './client/containers/prune.ts';
export type { RemoveContainerOptions } from './client/containers/remove.ts';
export type { TerminalSize } from './client/containers/resize.ts';
export type { RunEnd, RunOptions } from './client/containers/run.ts';
export type { StartContainerOptions } from './client/containers/start.ts';
export type { StopContainerOptions } from './client/containers/stop.ts';
export type { TopOptions } from './client/containers/top.ts';
export type { Waiting, WaitOptions } from './client/containers/wait.ts';
export { listContexts } from './client/contexts.ts';
export { createEngine, type Engine } from './client/create-engine.ts';
export type { EngineOptions, EngineSsh, EngineTls } from './client/engine-options.ts';
export type { Exec } from './client/exec/exec-of.ts';
export type { ExecEnd, RunExecOptions } from './client/exec/run.ts';
export type { StartExecOptions } from './client/exec/start.ts';
export { type EngineEnvironment, type FromEnvOptions, fromEnv } from './client/from-env.ts';
export type { BuildOptions, BuildResult } from './client/images/build.ts';
export type { CredentialOptions } from './client/images/credentials.ts';
export type { DistributionOptions } from './client/images/distribution.ts';
export type { HistoryOptions } from './client/images/history.ts';
export type { EngineImages } from './client/images/images.ts';
export type { ImportOptions, ImportResult } from './client/images/import.ts';
export type { InspectImageOptions } from './client/images/inspect.ts';
export type { ListImagesOptions } from './client/images/list.ts';
export type { LoadOptions, LoadResult } from './client/images/load.ts';
export type { MessageStream } from './client/images/message-stream.ts';
export type { PruneImagesOptions } from './client/images/prune.ts';
export type { PullOptions, PullResult } from './client/images/pull.ts';
export type { PushedTag, PushOptions, PushResult } from './client/images/push.ts';
export type { RemoveImageOptions } from './client/images/remove.ts';
export type { SaveOptions } from './client/images/save.ts';
export type { SearchImagesOptions } from './client/images/search.ts';
export { openConnection } from './client/open-connection.ts';
export type { Attached } from './client/streams/attached.ts';
export type { Converse } from './client/streams/converse.ts';
export { demultiplex } from './client/streams/demultiplex.ts';
export type { InputSource } from './client/streams/feed.ts';
export type { Frame } from './client/streams/frame.ts';
export { type SplitTargets, split } from './client/streams/split.ts';
export type { DiskUsageOptions } from './client/system/disk-usage.ts';
export type { EventsOptions } from './client/system/events.ts';
export type { EngineSystem } from './client/system/system.ts';
export type { Moment } from './client/system/timestamp.ts';
