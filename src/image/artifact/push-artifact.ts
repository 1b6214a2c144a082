import { bytesOf } from '#bytes';
import { type CallOptions, copyBlobs } from '#content';
import { type Descriptor, digestOf, familiarString, OCI_EMPTY, OCI_MANIFEST, type Reference } from '#oci';
import type { Repository } from '#registry';
import type { Places } from '../places.ts';
import { parseRemote } from '../remote/parse-remote.ts';
import { type ArtifactFile, describeFiles, filesSource } from './artifact-files.ts';

export interface PushArtifactOptions extends CallOptions {
  /** `application/vnd.unknown.artifact.v1` by default, as oras has it. */
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Tag or digest, in the same repository, of the image that the artifact is about. */
  readonly subject?: string | undefined;
  /** Files in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
}

/** An artifact that was pushed. */
export interface PushArtifactResult {
  /** Familiar name with tag, or with digest where no tag was given. */
  readonly reference: string;
  readonly root: Descriptor;
  readonly layers: readonly Descriptor[];
}

const UNKNOWN_TYPE = 'application/vnd.unknown.artifact.v1';
const EMPTY = new TextEncoder().encode('{}');

/**
 * Pushes files as an artifact, an OCI manifest with a layer for each; the same files give the same digest. Without a tag it is known by its digest
 * alone, as is usual for what refers to an image. Rejects as `describeFiles`, and with what the registry rejects with.
 */
export async function pushArtifact(
  target: string,
  files: readonly ArtifactFile[],
  { registries, retries }: Places,
  options: PushArtifactOptions = {},
): Promise<PushArtifactResult> {
  const { signal, onEvent, concurrency } = options;
  const reference = parseRemote(target);
  const layers = await describeFiles(files, { signal });
  return registries.writing(
    reference,
    async (repository) => {
      const subject = await subjectOf(repository, options);
      const { config, root, bytes } = manifestOf(layers, subject, options);
      if (!(await repository.has(config, { signal }))) await repository.put(config, bytesOf(EMPTY), { signal });
      const work = layers.map((blob) => ({ target: blob, role: 'layer' as const }));
      await copyBlobs(filesSource(files, layers), repository, work, { concurrency, retries, signal, onEvent });
      await repository.putManifest(reference.tag ?? root.digest, { descriptor: root, bytes }, { signal, onEvent });
      return { reference: familiarString(named(reference, root)), root, layers };
    },
    { action: 'push', signal, onEvent },
  );
}

async function subjectOf(
  repository: Repository,
  { subject, signal, onEvent }: PushArtifactOptions,
): Promise<Descriptor | undefined> {
  return subject === undefined ? undefined : repository.resolve(subject, { signal, onEvent });
}

interface NewManifest {
  readonly config: Descriptor;
  readonly root: Descriptor;
  readonly bytes: Uint8Array;
}

function manifestOf(
  layers: readonly Descriptor[],
  subject: Descriptor | undefined,
  { artifactType = UNKNOWN_TYPE, annotations = {} }: PushArtifactOptions,
): NewManifest {
  const config: Descriptor = { mediaType: OCI_EMPTY, digest: digestOf(EMPTY), size: EMPTY.length };
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: { ...config, data: Buffer.from(EMPTY).toString('base64') },
    // The specification wants a layer; of nothing it is the empty one.
    layers: layers.length > 0 ? layers : [config],
    ...(subject !== undefined && { subject: plain(subject) }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { config, bytes, root: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.length } };
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function named({ domain, path, tag }: Reference, { digest }: Descriptor): Reference {
  return tag === undefined ? { domain, path, digest } : { domain, path, tag };
}
