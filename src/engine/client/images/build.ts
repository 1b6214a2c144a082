import type { CallOptions } from '#content';
import { hasCode } from '#errors';
import { type Digest, familiarString, isDigest, parseReference } from '#oci';
import { encodeRegistryAuth, type RegistryAuth } from '../../api/registry-auth.ts';
import { type ArchiveSource, archiveBody } from '../archive-body.ts';
import { requireOptions } from '../version-gate.ts';
import { type ImagesContext, streamOf } from './context.ts';
import { findAuth } from './credentials.ts';
import type { MessageStream } from './message-stream.ts';
import { platformText } from './platform-query.ts';

/** Of the classic builder, which engines have beside BuildKit. */
export interface BuildOptions extends CallOptions {
  /** Path within the context; `Dockerfile` by default. */
  readonly dockerfile?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Null: what the Dockerfile, or the engine's proxy settings, say of it. */
  readonly buildArgs?: Readonly<Record<string, string | null>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The stage to stop after. */
  readonly target?: string | undefined;
  readonly noCache?: boolean | undefined;
  /** Images of the engine whose steps may be taken, in place of all that it has built. */
  readonly cacheFrom?: readonly string[] | undefined;
  /** Asks the registries for newer base images. */
  readonly pull?: boolean | undefined;
  /** Only the ID, at the end. */
  readonly quiet?: boolean | undefined;
  readonly networkMode?: string | undefined;
  /** `name:address`, for the commands of the build. */
  readonly extraHosts?: readonly string[] | undefined;
  /** Bytes that a step may use. */
  readonly memory?: number | undefined;
  /** Bytes of `/dev/shm`; the engine's 64 MiB by default. */
  readonly shmSize?: number | undefined;
  /** The containers of the steps go also where the build fails; by default they stay then. */
  readonly forceRemove?: boolean | undefined;
  /** `OS/ARCH[/VARIANT]`; the engine's own by default. Since API version 1.32. */
  readonly platform?: string | undefined;
  /**
   * Registries that base images may come from: what docker has for them is given to the engine. By default all that docker has something
   * for, as the docker command does; a helper that fails is then passed over.
   */
  readonly registries?: readonly string[] | undefined;
  /** By registry: given to the engine in place of what docker has. */
  readonly auth?: Readonly<Record<string, RegistryAuth>> | undefined;
}

export interface BuildResult {
  /** The ID of the image. Undefined where the engine does not say. */
  readonly id?: Digest;
}

/** The messages of a build. `files` is the context: a tar archive, compressed or not. Throws INVALID_REFERENCE for tags that are none. */
export function build(context: ImagesContext, files: ArchiveSource, options: BuildOptions): MessageStream<BuildResult> {
  const tags = options.tags?.map((tag) => familiarString(parseReference(tag)));
  const body = archiveBody(files, 'the context');
  let id: Digest | undefined;
  return streamOf(context, {
    what: 'the build of an image',
    options: { signal: options.signal },
    body,
    async request() {
      const { dockerfile = 'Dockerfile', target, quiet, noCache, pull, networkMode, buildArgs, labels } = options;
      const { cacheFrom, extraHosts, forceRemove, memory, shmSize } = options;
      const platform = platformText(options.platform);
      await requireOptions(context.connection, options, { platform: '1.32' });
      const query = {
        buildargs: jsonOf(buildArgs),
        cachefrom: cacheFrom === undefined ? undefined : JSON.stringify(cacheFrom),
        dockerfile,
        extrahosts: extraHosts,
        forcerm: forceRemove,
        labels: jsonOf(labels),
        memory,
        networkmode: networkMode,
        nocache: noCache,
        platform,
        pull,
        q: quiet,
        shmsize: shmSize,
        t: tags,
        target,
        version: '1',
      };
      const headers = { 'X-Registry-Config': encodeRegistryAuth(await credentialsOf(context, options)) };
      return { method: 'POST', path: '/build', query, headers, body, contentType: 'application/x-tar' };
    },
    take({ aux, stream = '' }) {
      // A step may say what looks like an ID; a quiet build says nothing else.
      const said = options.quiet === true ? stream.trimEnd() : '';
      const told = typeof aux === 'object' && aux !== null && 'ID' in aux ? String(aux.ID) : said;
      if (isDigest(told)) id = told;
    },
    result: () => (id === undefined ? {} : { id }),
  });
}

function jsonOf(values: Readonly<Record<string, string | null>> | undefined): string | undefined {
  return values === undefined || Object.keys(values).length === 0 ? undefined : JSON.stringify(values);
}

async function credentialsOf(
  { keychain, knownRegistries }: ImagesContext,
  { registries, auth = {}, signal }: BuildOptions,
): Promise<Readonly<Record<string, RegistryAuth>>> {
  const found: Record<string, RegistryAuth> = {};
  for (const domain of registries ?? knownRegistries()) {
    const kept = await findAuth({ domain }, { keychain, signal }).catch((error: unknown): RegistryAuth => {
      if (registries === undefined && hasCode(error, 'CREDENTIALS_UNAVAILABLE')) return {};
      throw error;
    });
    // As docker calls Docker Hub here.
    if (Object.keys(kept).length > 0) found[kept.serveraddress ?? domain] = kept;
  }
  return { ...found, ...auth };
}
