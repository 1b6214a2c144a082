/**
 * A registry: the distribution API over places to keep what is pushed. Its storage on disk is laid out as docker's own registry lays it out,
 * so that either can serve what the other one wrote.
 */

export {
  type OpenAccessOptions,
  type OpenedAccess,
  openAccessControl,
} from './access/open-access-control.ts';
export type {
  AccessOptions,
  AccessRule,
  CertificateField,
  CertificateUserOptions,
  ClientAuthMode,
  HtpasswdOptions,
  RuleAction,
  RulesOptions,
  SigningAlgorithm,
  TlsOptions,
  TokenOptions,
  TokenServiceOptions,
} from './access/options.ts';
export {
  type AccessControl,
  type AccessRequest,
  type Action,
  type Actor,
  type Admission,
  type Need,
  openAccess,
} from './access/port.ts';
export { type OpenedTls, type OpenTlsOptions, openTls } from './access/tls/open-tls.ts';
export { checkSettings } from './check-settings.ts';
export { upstreamOf } from './config/own-cache.ts';
export { type Configuration, type ConfigurationSources, readConfiguration } from './config/read-configuration.ts';
export { checkUnnamedFolder } from './data-folder.ts';
export { hasMuchUnread, linger } from './http/linger.ts';
export { type CloseOptions, type Listener, type ListenOptions, listen } from './listen.ts';
export { clientHost, isLocal, type ListenAddress, readListenAddress } from './listen-address.ts';
export {
  createHealth,
  type Health,
  type HealthOptions,
  type HealthReport,
  type HealthState,
} from './observe/health/health.ts';
export type { HealthCheck } from './observe/health/health-check.ts';
export { fileCheck, type HttpCheckOptions, httpCheck, tcpCheck } from './observe/health/outside-checks.ts';
export { diskCheck, storageCheck } from './observe/health/storage-checks.ts';
export { type AccessLogOptions, createAccessLog } from './observe/log/access-log.ts';
export { createServerLog, type LogFormat, type ServerLogOptions } from './observe/log/create-server-log.ts';
export { createLineSink, type LineSink, type LineSinkOptions, type LineTarget } from './observe/log/line-sink.ts';
export { fileTarget, streamTarget } from './observe/log/line-targets.ts';
export { type LogFields, type LogLevel, type ServerLog, silentLog } from './observe/log/server-log.ts';
export {
  createMetrics,
  lineMetrics,
  type MetricSource,
  type Metrics,
  type MetricsOptions,
} from './observe/metrics/metrics.ts';
export { metricsPage } from './observe/metrics/metrics-page.ts';
export {
  type MetricFamily,
  type MetricLabels,
  type MetricSpread,
  type MetricsSnapshot,
  type MetricValue,
  mergeSnapshots,
  risingOf,
} from './observe/metrics/snapshot.ts';
export type { AnswerRecord, RegistryEvent, RegistryObserver, RequestFacts } from './observe/port.ts';
export { createWebhooks, type Webhooks } from './observe/webhooks/create-webhooks.ts';
export type { EventFilter, WebhookEndpoint, WebhookOptions } from './observe/webhooks/options.ts';
export type { WebhookFigures } from './observe/webhooks/webhook.ts';
export { immutableTags } from './operate/immutable-tags.ts';
export {
  createMaintenance,
  type Maintenance,
  type MaintenanceOptions,
  type RunOptions,
} from './operate/maintenance.ts';
export type {
  CollectRules,
  ImmutableRule,
  MaintenanceRules,
  PurgeRules,
  QuotaRule,
  RetentionRule,
  Schedule,
} from './operate/options.ts';
export type { Removal } from './operate/pass.ts';
export type { TagChange, WritePolicy } from './operate/policy.ts';
export { createQuotas, type QuotaOptions, type Quotas } from './operate/quotas.ts';
export { type ReadOnlyOptions, readOnlyFile, readOnlyMode } from './operate/read-only-mode.ts';
export { removeRepository } from './operate/remove-repository.ts';
export type { MaintenanceReport, Totals } from './operate/report.ts';
export type { PullThroughEvent } from './proxy/events.ts';
export type { PullThroughOptions, RouteRule, UpstreamSettings } from './proxy/options.ts';
export { createPullThrough, type PullThrough } from './proxy/pull-through.ts';
export { completeSettings, DEFAULT_SETTINGS, type ServeSettings, type SettingsPart } from './settings.ts';
export { type RegistryServer, type StartOptions, startRegistryServer } from './start-registry-server.ts';
export { type FolderStorageOptions, openFolderStorage } from './storage/folder/folder-storage.ts';
export { createMemoryStorage } from './storage/memory/memory-storage.ts';
export type {
  BlobOptions,
  ByteSpan,
  Page,
  PageOptions,
  RegistryStorage,
  StorageOptions,
  StoredBlob,
  StoredManifest,
  UploadPiece,
  UploadStorage,
} from './storage/port.ts';
export { runServeWorker } from './workers/run-serve-worker.ts';
