import type { CallOptions } from '#content';
import type { ContainerCreated, ContainerSettings } from '../../api/containers.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { requireOptions } from '../version-gate.ts';

export interface CreateContainerOptions extends CallOptions {
  /** Made up by the engine by default. */
  readonly name?: string | undefined;
  /** `linux/arm64`: of which of the image's platforms; since API 1.41. */
  readonly platform?: string | undefined;
}

/** See `Containers.create`. */
export async function createContainer(
  connection: EngineConnection,
  settings: ContainerSettings,
  options: CreateContainerOptions = {},
): Promise<ContainerCreated> {
  await requireOptions(connection, options, { platform: '1.41' });
  const { name, platform, signal } = options;
  const request = {
    method: 'POST',
    path: '/containers/create',
    query: { name, platform },
    json: settings,
    signal,
  } as const;
  return objectAnswer<ContainerCreated>(connection, request);
}
