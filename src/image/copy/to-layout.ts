import { bytesOf } from '#bytes';
import { type CopyBlobsOptions, copyBlobs } from '#content';
import { fullString } from '#oci';
import type { OciLayout } from '#store';
import { outcomes, type Taken, workOf } from './copied.ts';
import type { Selection } from './selection.ts';
import { keyOf, type TargetName } from './target-name.ts';

export interface ToLayoutOptions extends CopyBlobsOptions {
  /** None: the root is listed without a name. */
  readonly names: readonly TargetName[];
}

/** Brings a selection into a layout and lists its root. */
export async function toLayout(
  selection: Selection,
  layout: OciLayout,
  { names, ...options }: ToLayoutOptions,
): Promise<Taken> {
  const { root, nodes, images, source } = selection;
  const { signal } = options;
  const work = workOf(selection).map(({ target, role }) => ({ target, role }));
  const copied = await copyBlobs(source, layout, work, options);
  for (const { descriptor, bytes } of nodes) {
    if (!(await layout.has(descriptor, { signal }))) await layout.put(descriptor, bytesOf(bytes), { signal });
  }
  const [only] = images;
  const platform = only?.manifest.digest === root.digest ? only.platform : undefined;
  for (const { tag, reference } of names) {
    const fullName = reference === undefined ? undefined : fullString(reference);
    await layout.list(root, { fullName, tag, platform }, { signal });
  }
  if (names.length === 0) await layout.list(root, { platform }, { signal });
  return { root, names: names.map(keyOf), blobs: outcomes(copied) };
}
