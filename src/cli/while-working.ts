import type { CallOptions } from '#content';
import type { Dray } from '#dray';
import type { Call } from './command.ts';
import { createProgress, type ProgressOptions } from './output/progress.ts';
import { withDray } from './wire.ts';

export type WorkOptions = Pick<ProgressOptions, 'quiet' | 'data' | 'action'>;

/**
 * Lets `work` use a Dray and shows how it goes on, for commands of which docker says nothing meanwhile. The bars are gone before the answer or the
 * error is printed.
 */
export async function whileWorking<T>(
  call: Call<object>,
  options: WorkOptions,
  work: (dray: Dray, options: CallOptions) => Promise<T>,
): Promise<T> {
  const { flags, context } = call;
  const progress = createProgress({ ...options, context, flags, allTags: false, lines: false });
  const how = { signal: context.signal, onEvent: progress.onEvent };
  let result: T;
  try {
    result = await withDray(call, (dray) => work(dray, how));
  } catch (error) {
    progress.fail();
    throw error;
  }
  progress.end([]);
  return result;
}
