import { MULTIPLEXED_STREAM_TYPE } from '../../api/raw-stream.ts';
import { compareApiVersions } from '../../api/version.ts';

/** Since then the type of an answer tells frames from what a terminal says. */
const SAID_SINCE = '1.42';

/**
 * Whether an answer consists of frames: its type says so, and of engines before 1.42, whose answers all have one type or none, what
 * `hasTerminal` says of the container.
 */
export async function isMultiplexed(
  contentType: string,
  version: string,
  hasTerminal: () => Promise<boolean>,
): Promise<boolean> {
  if (contentType.split(';')[0]?.trim().toLowerCase() === MULTIPLEXED_STREAM_TYPE) return true;
  return compareApiVersions(version, SAID_SINCE) < 0 && !(await hasTerminal());
}
