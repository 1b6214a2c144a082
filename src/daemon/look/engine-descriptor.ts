import type { Descriptor, Platform } from '#dray';
import type { EngineDescriptor, EnginePlatform } from '#engine';

/** A descriptor with the names and in the order that it has in the Engine API. */
export function engineDescriptor(descriptor: Descriptor): EngineDescriptor {
  const { mediaType, digest, size, annotations, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(annotations !== undefined && { annotations }),
    ...(platform !== undefined && { platform: enginePlatform(platform) }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

export function enginePlatform({ architecture, os, osVersion, osFeatures, variant }: Platform): EnginePlatform {
  return {
    architecture,
    os,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(osFeatures !== undefined && { 'os.features': osFeatures }),
    ...(variant !== undefined && { variant }),
  };
}
