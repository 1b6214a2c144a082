import { type CallOptions, type DocumentOptions, type GraphNode, readDocument, readGraph, type Source } from '#content';
import { DrayError } from '#errors';
import {
  checkConfigMatches,
  type Descriptor,
  type Digest,
  formatPlatform,
  type ImageConfig,
  isArtifact,
  isIndexType,
  type Manifest,
  matchesPlatform,
  type Platform,
  parseConfig,
  pickPlatform,
} from '#oci';
import { chooseFrom, platformsIn, type Wanted } from '../wanted.ts';
import { chooseManifests } from './choose-manifests.ts';
import { whyNoImage } from './no-image.ts';

/** One platform's image with its documents; the layers are still to come. */
export interface ResolvedImage {
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly document: Manifest;
  readonly config: ImageConfig;
  readonly configBytes: Uint8Array;
}

/** What hangs below a root and was asked for; the layers are not looked at. */
export interface ReadImages {
  readonly root: Descriptor;
  /** Indexes, and the manifests that were chosen. */
  readonly nodes: readonly GraphNode[];
  /** The images chosen, in the order of the platforms asked for; of all platforms the machine's own first. None for an artifact. */
  readonly images: readonly ResolvedImage[];
  /** Manifests that are no image (artifacts, attestations): their blobs travel too, unlooked at. */
  readonly others: readonly Manifest[];
  /** All platforms that the root has. */
  readonly platforms: readonly Platform[];
}

export interface ReadImagesOptions extends Pick<DocumentOptions, 'retries' | 'signal' | 'onEvent'> {
  readonly wanted: Wanted;
  /** The machine's own platform. */
  readonly host: Platform;
  /** Whether manifests that are no image are taken. */
  readonly artifacts: boolean;
  /** For messages: the image's name. */
  readonly what: string;
  /** The root's bytes where they are here already. Verified by whoever gives them. */
  readonly rootBytes?: Uint8Array | undefined;
  /** Which manifests are there, where not all that an index names need be; all by default. */
  readonly available?: ((manifest: Descriptor) => boolean) | undefined;
}

/** Most bytes of an image's config. */
const LARGEST_CONFIG = 8 * 1024 * 1024;
/** Of all configs of a reference together: they are held until its layers are here. */
const MOST_CONFIG_BYTES = 32 * 1024 * 1024;

/**
 * Reads and checks all documents of `root` that the wanted platforms need, wherever they are. Rejects with PLATFORM_UNKNOWN, UNSUPPORTED
 * (an artifact where an image is needed), MANIFEST_INVALID and what the source rejects with.
 */
export async function readImages(source: Source, root: Descriptor, options: ReadImagesOptions): Promise<ReadImages> {
  const { wanted, what, available = () => true } = options;
  const graph = await readGraph(source, root, {
    rootBytes: options.rootBytes,
    choose: (index) => chooseFrom({ ...index, manifests: index.manifests.filter(available) }, wanted),
    retries: options.retries,
    signal: options.signal,
    onEvent: options.onEvent,
  });
  const configs = new ConfigReader(source, options);
  const platformIn = async (manifest: Manifest): Promise<Platform | undefined> =>
    isArtifact(manifest) ? undefined : platformOf((await configs.read(manifest)).config);
  const chosen = await chooseManifests(graph, { wanted, what, platformIn });
  const images: ResolvedImage[] = [];
  const others: Manifest[] = [];
  const flaws: DrayError[] = [];
  for (const { descriptor, manifest } of chosen) {
    const flaw = whyNoImage(what, descriptor, manifest);
    if (flaw !== undefined) {
      flaws.push(flaw);
      others.push(manifest);
      continue;
    }
    const read = await configs.read(manifest);
    checkConfigMatches(manifest, read.config);
    images.push({ platform: platformOf(read.config), manifest: descriptor, document: manifest, ...read });
  }
  const [flaw] = flaws;
  // Beside the images of all platforms there may be what is none.
  const borne = options.artifacts || (wanted.platforms === 'all' && images.length > 0);
  if (flaw !== undefined && !borne) throw flaw;
  warnOfOtherPlatform({ images, wanted, what, root }, options);
  const indexes = graph.nodes.flatMap(({ index }) => (index === undefined ? [] : [index]));
  const kept = new Set(chosen.map(({ descriptor }) => descriptor.digest));
  return {
    root,
    nodes: graph.nodes.filter((node) => node.index !== undefined || kept.has(node.descriptor.digest)),
    images: wanted.platforms === 'all' ? ownFirst(images, options.host) : images,
    others,
    platforms: indexes.length > 0 ? platformsIn(indexes) : images.map(({ platform }) => platform),
  };
}

/** Reads configs, each once, and no more of them than memory bears. */
class ConfigReader {
  readonly #source: Source;
  readonly #options: DocumentOptions;
  readonly #read = new Map<Digest, Pick<ResolvedImage, 'config' | 'configBytes'>>();
  #left = MOST_CONFIG_BYTES;

  constructor(source: Source, { retries, signal, onEvent }: DocumentOptions) {
    this.#source = source;
    this.#options = { retries, signal, onEvent };
  }

  async read({ config: target }: Manifest): Promise<Pick<ResolvedImage, 'config' | 'configBytes'>> {
    const known = this.#read.get(target.digest);
    if (known !== undefined) return known;
    this.#left -= target.size;
    if (this.#left < 0 && this.#read.size > 0) {
      throw new DrayError('TOO_LARGE', `the configs of the images are together larger than ${MOST_CONFIG_BYTES} bytes`);
    }
    const configBytes = await readDocument(this.#source, target, { ...this.#options, limit: LARGEST_CONFIG });
    const read = { config: parseConfig(configBytes), configBytes };
    this.#read.set(target.digest, read);
    return read;
  }
}

/** Who takes one image alone under a name takes the first. */
function ownFirst(images: readonly ResolvedImage[], host: Platform): readonly ResolvedImage[] {
  const entries = images.map(({ manifest, platform }) => ({ ...manifest, platform }));
  const own = pickPlatform(entries, host)?.digest;
  const rank = ({ manifest }: ResolvedImage): number => Number(manifest.digest !== own);
  return images.toSorted((a, b) => rank(a) - rank(b));
}

/** The platform alone, out of a config that says more. */
export function platformOf({ os, architecture, variant, osVersion, osFeatures }: Platform): Platform {
  return {
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
    ...(osFeatures !== undefined && { osFeatures }),
  };
}

interface Found {
  readonly images: readonly ResolvedImage[];
  readonly wanted: Wanted;
  readonly what: string;
  readonly root: Descriptor;
}

/**
 * Docker's warning for a name that stands for one image alone, which is of another platform than the one asked for; and the same where an
 * index says of an image what its config does not. Configs often leave out the variant, which is then no contradiction.
 */
export function warnOfOtherPlatform({ images, wanted, what, root }: Found, options: CallOptions): void {
  const { platforms, named } = wanted;
  if (platforms === 'all') return;
  const isIndex = isIndexType(root.mediaType);
  if (!named && !isIndex) return;
  const shown = (platform: Platform): Platform => (isIndex ? withoutDetails(platform) : platform);
  for (const image of images) {
    const missed = platforms.filter((platform) => !matchesPlatform(shown(platform), shown(image.platform)));
    // Of an index each image is for one of the platforms.
    if (isIndex && missed.length < platforms.length) continue;
    for (const platform of isIndex ? missed.slice(0, 1) : missed) {
      const text =
        `image with reference ${what} was found but its platform (${formatPlatform(image.platform)}) ` +
        `does not match the specified platform (${formatPlatform(platform)})`;
      options.onEvent?.({ kind: 'warning', text });
    }
  }
}

function withoutDetails({ os, architecture }: Platform): Platform {
  return { os, architecture };
}
