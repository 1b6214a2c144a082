import type { Option } from 'commander';
import type { ServeSettings, SettingsPart } from '#serve';
import { UsageError } from '../usage-error.ts';
import { repeatable, toggle, valued } from './flag.ts';
import type { GlobalFlags } from './global-flags.ts';
import { duration, integer, nonEmpty, oneOf } from './values.ts';

export interface ServeFlags {
  readonly accessLog?: string;
  readonly anonymousPull?: true;
  readonly check?: true;
  readonly config?: string;
  readonly data?: string;
  readonly debugListen?: string;
  readonly delete: boolean;
  readonly drainTimeout?: number;
  readonly htpasswd?: string;
  readonly json?: true;
  readonly listen?: string;
  readonly logFormat?: ServeSettings['log']['format'];
  readonly memory?: true;
  readonly metrics?: true;
  readonly port?: number;
  readonly prefix?: string;
  readonly quiet?: true;
  readonly readOnly?: true;
  readonly schema1?: 'signed' | 'off';
  readonly sync: boolean;
  readonly tlsCert?: string;
  readonly tlsClientCa?: readonly string[];
  readonly tlsKey?: string;
  readonly tokenService?: true;
  readonly upstream?: readonly string[];
  readonly workers?: number;
}

export function serveFlags(): Option[] {
  return [
    valued('--access-log <FILE>', 'A line for each request, to a file, stdout or stderr', nonEmpty),
    toggle('--anonymous-pull', 'With --htpasswd: everybody may pull, users may do everything'),
    toggle('--check', 'Check the configuration, print the settings that would hold, and exit'),
    valued('--config <FILE>', "YAML: dray's own settings, or docker-registry's config.yml as it is", nonEmpty),
    valued('--data <DIR>', 'Folder of the images (default: the current one, if nothing else is in it)', nonEmpty),
    valued('--debug-listen <ADDRESS>', 'Serve health and metrics at an address of their own', nonEmpty),
    valued('--drain-timeout <DUR>', 'How long requests may go on when the server is to end (default: 30s)', duration),
    valued(
      '--htpasswd <FILE>',
      'Users and passwords, as htpasswd -B writes them; read again when it changes',
      nonEmpty,
    ),
    toggle('--json', 'Print one line of JSON: {"url": …}'),
    valued('--listen <ADDRESS>', 'HOST:PORT, :PORT or unix:///PATH (default: 127.0.0.1:5000)', nonEmpty),
    valued(
      '--log-format <FORMAT>',
      'text, json, logstash, none (default: text)',
      oneOf('text', 'json', 'logstash', 'none'),
    ),
    toggle('--memory', 'Keep images in memory alone'),
    toggle('--metrics', 'Figures for Prometheus, at /metrics'),
    toggle('--no-delete', 'Nothing can be deleted'),
    toggle('--no-sync', 'Do not wait for the disk: faster, and a power cut may take what was pushed last'),
    valued('-p, --port <PORT>', 'Listen at this port of 127.0.0.1; 0: one that is free', integer(0, 65_535)),
    valued('--prefix <PATH>', 'What stands before /v2/ (default: anything)', nonEmpty),
    toggle('-q, --quiet', 'Print the address alone'),
    toggle('--read-only', 'Nothing can be pushed or deleted'),
    valued(
      '--schema1 <MODE>',
      'Docker images for those who ask for nothing newer: signed, off (default: signed)',
      oneOf('signed', 'off'),
    ),
    valued('--tls-cert <FILE>', 'Serve https, with this certificate; read again when it changes', nonEmpty),
    repeatable(
      '--tls-client-ca <FILE>',
      'Take only clients whose certificate is signed by this one (repeatable)',
      nonEmpty,
    ),
    valued('--tls-key <FILE>', 'The key of --tls-cert', nonEmpty),
    toggle('--token-service', 'Give tokens to the users of --htpasswd (Bearer in place of Basic)'),
    repeatable(
      '--upstream <[NAME=]URL>',
      'Cache this registry, below NAME; docker.io for Docker Hub (repeatable)',
      nonEmpty,
    ),
    valued('--workers <N>', 'Processes that share the work (default: this one alone)', integer(0, 256)),
  ];
}

export interface FlagReaders {
  /** `resolve` of node:path. */
  resolve(path: string): string;
  upstreamOf(text: string): NonNullable<ServeSettings['cache']>['upstreams'][number] | undefined;
}

/** What the flags say, over what the configuration does. Throws a UsageError where they do not fit together. */
export function settingsOfFlags(
  flags: ServeFlags & GlobalFlags,
  from: SettingsPart,
  readers: FlagReaders,
): SettingsPart {
  const { resolve } = readers;
  if (flags.port !== undefined && flags.listen !== undefined) {
    throw new UsageError('--port and --listen are mutually exclusive', { hint: 'write --listen HOST:PORT' });
  }
  if (flags.memory === true && flags.data !== undefined)
    throw new UsageError('--memory and --data are mutually exclusive');
  const { accessLog: to, logFormat, logLevel, htpasswd, upstream } = flags;
  const listen = flags.listen ?? (flags.port === undefined ? undefined : `127.0.0.1:${flags.port}`);
  return {
    listen,
    ...(flags.data !== undefined && { data: resolve(flags.data), memory: false }),
    ...(flags.memory === true && { memory: true }),
    ...(!flags.sync && { sync: false }),
    ...(!flags.delete && { deletes: false }),
    readOnly: flags.readOnly,
    prefix: prefixOf(flags),
    schema1: flags.schema1,
    workers: flags.workers,
    drainTimeout: flags.drainTimeout,
    debug: flags.debugListen,
    ...(flags.metrics === true && { metrics: from.metrics ?? '/metrics' }),
    ...(upstream !== undefined && {
      cache: { ...from.cache, upstreams: upstream.map((text) => upstreamOf(text, readers)) },
    }),
    tls: tlsOf(flags, from, resolve),
    access: {
      ...(htpasswd !== undefined && { htpasswd: { ...from.access?.htpasswd, path: resolve(htpasswd) } }),
      ...(flags.anonymousPull === true && { rules: anonymousPull(flags, from) }),
      ...(flags.tokenService === true && { tokenService: { ...from.access?.tokenService } }),
    },
    log: {
      ...(logFormat !== undefined && { format: logFormat }),
      ...(logLevel !== undefined && { level: logLevel === 'fatal' ? 'error' : logLevel }),
      ...(flags.debug === true && { level: 'debug' }),
      ...(to !== undefined && {
        access: {
          format: (logFormat ?? from.log?.format) === 'json' ? 'json' : 'combined',
          to: to === 'stdout' || to === 'stderr' ? to : resolve(to),
        },
      }),
    },
  };
}

function prefixOf({ prefix }: ServeFlags): string | undefined {
  const words = prefix?.split('/').filter((word) => word !== '') ?? [];
  if (!words.every((word) => /^[\w.~-]+$/.test(word))) {
    throw new UsageError('invalid argument for "--prefix" flag: a path is wanted', { hint: 'like /docker' });
  }
  return words.length === 0 ? undefined : `/${words.join('/')}`;
}

function tlsOf(flags: ServeFlags, { tls }: SettingsPart, resolve: (path: string) => string): SettingsPart['tls'] {
  const { tlsCert, tlsKey, tlsClientCa } = flags;
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  const cert = tlsCert === undefined ? tls?.cert : resolve(tlsCert);
  const key = tlsKey === undefined ? tls?.key : resolve(tlsKey);
  if (cert === undefined || key === undefined) throw new UsageError('https needs both --tls-cert and --tls-key');
  return {
    ...tls,
    cert,
    key,
    ...(tlsClientCa !== undefined && { clientCas: tlsClientCa.map((path) => resolve(path)) }),
  };
}

function anonymousPull(
  { htpasswd }: ServeFlags,
  { access }: SettingsPart,
): NonNullable<ServeSettings['access']['rules']> {
  if (htpasswd === undefined && access?.htpasswd === undefined)
    throw new UsageError('--anonymous-pull needs --htpasswd');
  if (access?.rules !== undefined) {
    throw new UsageError('--anonymous-pull and the rules of the configuration are mutually exclusive');
  }
  return {
    rules: [
      { repositories: '**', anonymous: true, actions: ['pull'] },
      { repositories: '**', authenticated: true, actions: ['*'] },
    ],
  };
}

function upstreamOf(text: string, readers: FlagReaders): ReturnType<typeof readers.upstreamOf> & object {
  const found = readers.upstreamOf(text);
  // not repeated: there may be a password in it
  if (found === undefined) {
    throw new UsageError('invalid argument for "--upstream" flag: the address of a registry is wanted', {
      hint: 'like docker.io, https://ghcr.io or quay=https://quay.io',
    });
  }
  return found;
}
