import { hasCode, isDrayError } from '#errors';
import type { InspectedImage } from '#image';
import { executeTemplate, parseTemplate, struct, type Template, typed } from '#template';
import { UsageError } from '../usage-error.ts';
import { jsonLine } from './printable.ts';

/**
 * A template for an image as docker runs it: over Go's struct, which has every field, and where that fails over the JSON, whose fields have other names and
 * which has only what is there. Throws a UsageError with docker's words.
 */
export function inspectTemplate(format: string): (image: InspectedImage) => string {
  const template = asUsage(64, () => parseTemplate(format));
  return (image) => overStruct(template, image) ?? asUsage(1, () => executeTemplate(template, imageJson(image)));
}

function overStruct(template: Template, image: InspectedImage): string | undefined {
  try {
    return executeTemplate(template, imageStruct(image));
  } catch (error) {
    if (!hasCode(error, 'INVALID_OPTION')) throw error;
    return undefined;
  }
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

/** Objects whose keys are known: what they have not got is an error. The others are maps, to range over. */
const KNOWN = ['Config', 'Descriptor', 'GraphDriver', 'Metadata', 'RootFS'] as const;

function imageJson(image: InspectedImage): unknown {
  const parts = KNOWN.map(
    (name) => [name, struct('map', image[name], { json: jsonLine(sorted(image[name])) })] as const,
  );
  return struct('map', { ...image, ...Object.fromEntries(parts) }, { json: jsonLine(sorted(image)) });
}

/** The keys of Go's maps are printed in order. */
function sorted(object: object): object {
  const entries = Object.entries(object).map(([key, value]: [string, unknown]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [key, isMap ? sorted(value) : value] as const;
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function imageStruct(image: InspectedImage): unknown {
  const { Id, GraphDriver, RootFS, Metadata, Descriptor, Config } = image;
  const config = said(Config);
  const fields = {
    RepoTags: typed('[]string', image.RepoTags),
    RepoDigests: typed('[]string', image.RepoDigests),
    Parent: image.Parent,
    Comment: image.Comment,
    Created: image.Created ?? '',
    DockerVersion: image.DockerVersion,
    Author: image.Author,
    Config: configStruct(Config, jsonLine(config)),
    Architecture: image.Architecture,
    Variant: image.Variant ?? '',
    Os: image.Os,
    OsVersion: image.OsVersion ?? '',
    Size: typed('int64', image.Size),
    VirtualSize: typed('int64', 0),
    GraphDriver: struct('storage.DriverData', {
      Data: typed('map[string]string', GraphDriver.Data),
      Name: GraphDriver.Name,
    }),
    RootFS: struct('image.RootFS', { Type: RootFS.Type, Layers: typed('[]string', RootFS.Layers ?? null) }),
    Metadata: struct('image.Metadata', { LastTagTime: Metadata.LastTagTime }),
    Descriptor: struct(
      'ocispec.Descriptor',
      {
        MediaType: Descriptor.mediaType,
        Digest: Descriptor.digest,
        Size: typed('int64', Descriptor.size),
      },
      { json: jsonLine(Descriptor) },
    ),
  };
  return struct(
    'image.InspectResponse',
    { ID: Id, ...fields },
    { json: jsonLine(inOrder({ ...image, Config: config })) },
  );
}

/** Go's struct has the config before the platform. */
function inOrder(image: Omit<InspectedImage, 'Config'> & { readonly Config: object }): object {
  const { Architecture, Variant, Os, OsVersion, Size, GraphDriver, RootFS, Metadata, Descriptor, ...first } = image;
  return { ...first, Architecture, Variant, Os, OsVersion, Size, GraphDriver, RootFS, Metadata, Descriptor };
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

/** As Go's encoder has it: in the order of the struct, without what says nothing. */
function said(config: InspectedImage['Config']): Readonly<Record<string, unknown>> {
  const entries = CONFIG_FIELDS.flatMap(([name]) => {
    const value = config[name];
    return value === undefined || value === null || value === '' || value === false ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function configStruct(config: InspectedImage['Config'], json: string): unknown {
  const fields = CONFIG_FIELDS.map(([name, type]) => [name, typedField(type, config[name])] as const);
  return struct('dockerspec.DockerOCIImageConfig', Object.fromEntries(fields), { json });
}

function typedField(type: (typeof CONFIG_FIELDS)[number][1], value: unknown): unknown {
  if (type === 'string') return typeof value === 'string' ? value : '';
  if (type === 'bool') return value === true;
  if (type === '*HealthcheckConfig') return value ?? null;
  return typed(type, value ?? null);
}
