import { familiarName, familiarString, fullString, labelsOf, type Reference } from '#oci';
import type { EngineContext } from '../engine-context.ts';

/** Tells of a pull or a push that has succeeded, as docker does: by the name that was asked for, with the labels of (one of) its images. */
export async function publishTransfer(
  { dray, events }: EngineContext,
  action: 'pull' | 'push',
  { reference, image }: { readonly reference: Reference; readonly image: string | undefined },
): Promise<void> {
  const named = image ?? fullString(reference);
  const labels = await dray.inspect(`store:${named}`).then(
    ({ Config }) => labelsOf({ config: Config }),
    () => ({}),
  );
  events.publish({ action, id: familiarString(reference), attributes: { ...labels, name: familiarName(reference) } });
}
