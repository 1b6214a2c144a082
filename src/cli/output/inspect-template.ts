import { isDrayError } from '#errors';
import type { InspectedImage } from '#image';
import { executeTemplate, parseTemplate, struct, typed } from '#template';
import { UsageError } from '../usage-error.ts';
import { goJson } from './printable.ts';

/**
 * A template for an image as docker's `inspect` runs it: over Go's struct, which has every field. What that has not is told as docker tells it, which then
 * tries the JSON. Throws a UsageError with docker's words.
 */
export function inspectTemplate(format: string): (image: InspectedImage) => string {
  const template = asUsage(64, () => parseTemplate(format));
  return (image) => asUsage(1, () => executeTemplate(template, imageStruct(image)));
}

function asUsage<T>(dockerStatus: 1 | 64, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isDrayError(error)) throw error;
    const message = error.message.replace(/can't evaluate field (\w+) in type \S+$/, 'map has no entry for key "$1"');
    throw new UsageError(`template parsing error: ${message}`, { dockerStatus });
  }
}

function imageStruct(image: InspectedImage): unknown {
  const { GraphDriver, RootFS, Metadata, Descriptor } = image;
  return struct('image.InspectResponse', {
    Id: image.Id,
    RepoTags: typed('[]string', image.RepoTags),
    RepoDigests: typed('[]string', image.RepoDigests),
    Parent: image.Parent,
    Comment: image.Comment,
    Created: image.Created ?? '',
    DockerVersion: image.DockerVersion,
    Author: image.Author,
    Config: configStruct(image.Config),
    Architecture: image.Architecture,
    Variant: image.Variant ?? '',
    Os: image.Os,
    OsVersion: image.OsVersion ?? '',
    Size: typed('int64', image.Size),
    GraphDriver: struct('storage.DriverData', {
      Data: typed('map[string]string', GraphDriver.Data),
      Name: GraphDriver.Name,
    }),
    RootFS: struct('image.RootFS', { Type: RootFS.Type, Layers: typed('[]string', RootFS.Layers ?? null) }),
    Metadata: struct('image.Metadata', { LastTagTime: Metadata.LastTagTime }),
    Descriptor: struct('ocispec.Descriptor', {
      MediaType: Descriptor.mediaType,
      Digest: Descriptor.digest,
      Size: typed('int64', Descriptor.size),
    }),
  });
}

/** Go's struct, in its order; as JSON only what says something, as its encoder does. */
function configStruct(config: InspectedImage['Config']): unknown {
  const said = CONFIG_FIELDS.flatMap(([name]) => {
    const value = config[name];
    return value === undefined || value === null || value === '' || value === false ? [] : [[name, value] as const];
  });
  const fields = CONFIG_FIELDS.map(([name, type]) => [name, typedField(type, config[name])] as const);
  const json = goJson(Object.fromEntries(said));
  return struct('dockerspec.DockerOCIImageConfig', Object.fromEntries(fields), { json });
}

const CONFIG_FIELDS = [
  ['User', 'string'],
  ['ExposedPorts', 'map[string]struct {}'],
  ['Env', '[]string'],
  ['Entrypoint', '[]string'],
  ['Cmd', '[]string'],
  ['Volumes', 'map[string]struct {}'],
  ['WorkingDir', 'string'],
  ['Labels', 'map[string]string'],
  ['StopSignal', 'string'],
  ['ArgsEscaped', 'bool'],
  ['Healthcheck', '*HealthcheckConfig'],
  ['OnBuild', '[]string'],
  ['Shell', '[]string'],
] as const;

function typedField(type: (typeof CONFIG_FIELDS)[number][1], value: unknown): unknown {
  if (type === 'string') return typeof value === 'string' ? value : '';
  if (type === 'bool') return value === true;
  if (type === '*HealthcheckConfig') return value ?? null;
  return typed(type, value ?? null);
}
