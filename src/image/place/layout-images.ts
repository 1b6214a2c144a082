import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, fullString, parseReference, withDefaultTag } from '#oci';
import { type OciLayout, openOciLayout } from '#store';
import type { PlacedImage } from './placed-image.ts';

const NAME = 'io.containerd.image.name';
const REF = 'org.opencontainers.image.ref.name';

export interface LayoutImagesOptions extends CallOptions {
  /** Without a tag, all images of the layout; else the only one. */
  readonly several: boolean;
}

/** The image of a layout that a tag, a name or a digest says. Rejects with NOT_FOUND, which tells what there is. */
export async function layoutImages(
  { path, tag }: { readonly path: string; readonly tag?: string | undefined },
  { several, ...options }: LayoutImagesOptions,
): Promise<readonly [PlacedImage, ...PlacedImage[]]> {
  const layout = await openOciLayout(path);
  const roots = await layout.roots(options);
  if (tag !== undefined) {
    const root = await resolve(layout, tag, options);
    const entry = roots.find(({ digest }) => digest === root.digest) ?? root;
    return [placed({ layout, path, roots, what: `${path}:${tag}` }, entry)];
  }
  const named = roots.filter(
    ({ annotations }) => annotations?.[NAME] !== undefined || annotations?.[REF] !== undefined,
  );
  // What is listed without a name stands beside an image: what refers to it.
  const [first, ...others] = named.length > 0 ? named : roots;
  if (first === undefined || (others.length > 0 && !several)) throw notOne(path, named.length > 0 ? named : roots);
  const at = { layout, path, roots, what: path };
  return [placed(at, first), ...others.map((root) => placed(at, root))];
}

interface At {
  readonly layout: OciLayout;
  readonly path: string;
  readonly roots: readonly Descriptor[];
  readonly what: string;
}

function placed({ layout, roots, what }: At, { annotations, ...entry }: Descriptor): PlacedImage {
  const name = annotations?.[NAME] ?? annotations?.[REF];
  const fullName = name === undefined ? undefined : fullNameIn(name);
  const { mediaType, digest, size } = entry;
  return {
    place: 'oci-dir',
    what,
    source: layout,
    root: { mediaType, digest, size },
    names: fullName === undefined ? [] : [fullName],
    refs: name === undefined || fullName !== undefined ? [] : [name],
    siblings: roots.map((root) => {
      const tag = root.annotations?.[REF];
      return { root, tags: tag === undefined ? [] : [tag] };
    }),
  };
}

async function resolve(layout: OciLayout, name: string, options: CallOptions): Promise<Descriptor> {
  try {
    return await layout.resolve(name, options);
  } catch (error) {
    const full = fullNameIn(name);
    if (full === undefined || full === name) throw error;
    return layout.resolve(full, options);
  }
}

/** A bare tag is no name. */
function fullNameIn(text: string): string | undefined {
  if (!/[:/]/.test(text)) return undefined;
  try {
    return fullString(withDefaultTag(parseReference(text)));
  } catch {
    return undefined;
  }
}

function notOne(path: string, roots: readonly Descriptor[]): DrayError {
  const known = roots
    .slice(0, 20)
    .map(({ annotations, digest }) => annotations?.[NAME] ?? annotations?.[REF] ?? digest);
  return new DrayError('NOT_FOUND', `${path} has ${roots.length} images`, {
    hint: roots.length === 0 ? 'nothing was put into it yet' : `say which, as oci:${path}:TAG: ${known.join(', ')}`,
  });
}
