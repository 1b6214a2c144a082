import { DrayError } from '#errors';
import { classifyObject } from './classify.ts';
import type { Digest } from './descriptor.ts';
import { Fields } from './fields.ts';
import { invalidDocument, parseJsonStrict, parseJsonText } from './json.ts';
import { isSchema1Type } from './media-types.ts';
import { quoted } from './printable.ts';
import { schema1Payload } from './schema1-signature.ts';

/** Docker's first manifest format: every layer with the config that its image had, as text. Registries of old still serve it. */
export interface Schema1Manifest {
  readonly name: string;
  readonly tag: string;
  readonly architecture: string;
  /** From the base upwards, repeated ones left out. At least one. */
  readonly steps: readonly Schema1Step[];
}

/** One image of the chain. */
export interface Schema1Step {
  readonly blobSum: Digest;
  /** True where the image has no layer of its own; its blob is not fetched. */
  readonly empty: boolean;
  /** The image's config of that time: JSON. */
  readonly v1Compatibility: string;
}

/** A blob to fetch for a converted image. */
export interface Schema1Layer {
  readonly digest: Digest;
  readonly empty: boolean;
}

const MOST_STEPS = 10_000;
const IMAGE_ID = /^[0-9a-f]{64}$/;

/**
 * Reads a schema1 manifest, signed or not, from the bytes that its digest is of (`schema1Payload`), and checks its signatures and the chain
 * of its images. Throws MANIFEST_INVALID.
 */
export function parseSchema1(bytes: Uint8Array, what = 'the manifest'): Schema1Manifest {
  const document = parseJsonStrict(schema1Payload(bytes, what), what);
  const type = classifyObject(document, undefined, what);
  if (!isSchema1Type(type)) {
    throw new DrayError('UNSUPPORTED', `cannot read ${what} as a schema1 manifest: it is ${quoted(type)}`);
  }
  const fields = new Fields(document, what);
  fields.refuseOtherCase(['name', 'tag', 'architecture']);
  return {
    name: fields.string('name'),
    tag: fields.string('tag'),
    architecture: fields.string('architecture'),
    steps: readSteps(fields),
  };
}

/** The layers of the image from the base upwards, one for each step; those that are empty have no blob worth fetching. */
export function schema1Layers(manifest: Schema1Manifest): readonly Schema1Layer[] {
  return manifest.steps.map(({ blobSum, empty }) => ({ digest: blobSum, empty }));
}

interface LinkedStep extends Schema1Step {
  readonly id: string;
  readonly parent: string | undefined;
  readonly os: string | undefined;
}

function readSteps(fields: Fields): Schema1Step[] {
  const layers = fields.list('fsLayers', MOST_STEPS);
  const history = fields.list('history', MOST_STEPS);
  if (layers.length !== history.length) {
    throw invalidDocument(fields.what, `it has ${layers.length} layers, but a history of ${history.length}`);
  }
  const newestFirst = layers.map((layer, index) => {
    const blobSum = fields.at(layer, `fsLayers[${index}]`).digest('blobSum');
    return readStep(blobSum, fields.at(history[index], `history[${index}]`).string('v1Compatibility'), fields.what);
  });
  const steps = withoutRepeated(newestFirst.reverse());
  if (steps.length === 0) throw invalidDocument(fields.what, 'it has no layers');
  checkChain(steps, fields.what);
  return steps.map(({ blobSum, empty, v1Compatibility }) => ({ blobSum, empty, v1Compatibility }));
}

function readStep(blobSum: Digest, v1Compatibility: string, what: string): LinkedStep {
  const of = `the v1Compatibility of ${what}`;
  const image = new Fields(parseJsonText(v1Compatibility, of), of);
  const id = image.string('id');
  if (!IMAGE_ID.test(id)) throw image.wrong('id', id, 'an image ID');
  const parent = image.optionalString('parent');
  return { blobSum, v1Compatibility, id, parent, os: image.optionalString('os'), empty: image.flag('throwaway') };
}

/** Old docker pushed some images twice in a row; the upper one counts for nothing. */
function withoutRepeated(steps: readonly LinkedStep[]): LinkedStep[] {
  return steps.filter((step, index) => step.id !== steps[index - 1]?.id);
}

function checkChain(steps: readonly LinkedStep[], what: string): void {
  const seen = new Set<string>();
  for (const [index, step] of steps.entries()) {
    if (seen.has(step.id)) throw invalidDocument(what, `the image ${step.id} stands in its history more than once`);
    seen.add(step.id);
    const below = steps[index - 1]?.id;
    // The base of a Windows image may have a parent that is not in the manifest.
    if (below === undefined && step.os === 'windows') continue;
    if (step.parent !== below) {
      const wanted = below === undefined ? 'to have none, being the base' : `to be ${below}`;
      throw invalidDocument(
        what,
        `the parent of the image ${step.id} is ${quoted(step.parent ?? 'none')} and ought ${wanted}`,
      );
    }
  }
}
