import type { ProgressMessage } from '#engine';
import type { DockerStep } from '#progress';
import { progressText } from './progress-text.ts';

/** Takes messages, in their order. */
export type WriteMessage = (message: ProgressMessage) => void;

/** A step as docker sends it. */
export function stepMessage({ id, status, isLayers }: DockerStep): ProgressMessage {
  return { status, ...(isLayers && { progressDetail: {} }), ...(id !== undefined && { id }) };
}

/** How far a layer is. */
export function movingMessage(status: string, id: string, { received, size }: Moved): ProgressMessage {
  const progressDetail = { current: received, total: size };
  return { status, progressDetail, progress: progressText(received, size), id };
}

interface Moved {
  readonly received: number;
  readonly size: number;
}
