import type { Descriptor } from '#dray';
import type { EngineDescriptor } from '#engine';
import { platformDocument } from '#oci';

/** A descriptor with the names and in the order that it has in the Engine API. */
export function engineDescriptor(descriptor: Descriptor): EngineDescriptor {
  const { mediaType, digest, size, annotations, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(annotations !== undefined && { annotations }),
    ...(platform !== undefined && { platform: platformDocument(platform) }),
    ...(artifactType !== undefined && { artifactType }),
  };
}
