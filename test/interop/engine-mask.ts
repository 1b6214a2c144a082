import type { Ended } from './run.ts';

/** What a command said, in a form that two runs on two engines have in common. */
export interface Said {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MaskOptions {
  /** `localhost:5000` of the run, which is written REGISTRY. */
  readonly registry: string;
  /** IDs and sizes stay: both runs have the same images. */
  readonly keeps?: boolean;
  /** What Docker's containerd store does not tell is left out: steps of layers, names by digest that go with a tag. */
  readonly isTerse?: boolean;
}

export function said({ status, stdout, stderr }: Ended, options: MaskOptions): Said {
  return { exit: status, stdout: mask(stdout.toString(), options), stderr: mask(stderr, options) };
}

/**
 * The digest of a manifest, and its size after a push: Docker's old store makes layers and manifests anew where dray keeps what came. And
 * the two keys of an inspection that say where each has its files.
 */
const MANIFEST =
  /(?<=@|[dD]igest: )sha256:(?:[0-9a-f]{64}|DIGEST)(?: size: (?:\d+|N))?|(?<=\S +)sha256:[0-9a-f]{64}(?= +[0-9a-f]{12}| +sha256:)|"GraphDriver": \{[^]*?\n {8}\},\n +|"Descriptor": \{[^]*?\n {8}\},\n +/g;

/** Takes out what differs from run to run and says nothing of an engine. */
export function mask(text: string, { registry, keeps = false, isTerse = false }: MaskOptions): string {
  const lines = withoutTerminal(text.replaceAll(registry, 'REGISTRY'));
  const plain = steps(isTerse ? tersely(lines) : lines);
  const known = (keeps ? plain : unknown(plain)).replaceAll(MANIFEST, (found) =>
    found.startsWith('"') ? '' : 'MANIFEST',
  );
  return (
    known
      .replaceAll(/\b(?:Less than a second|About an? \w+|\d+ \w+) ago\b/g, 'AGO')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, 'TIME')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4} UTC/g, 'TIME')
      // Whom the system asks for names.
      .replaceAll(/(?<=lookup \S+) on [\d.]+:53(?=:)/g, '')
      // Docker's engine tells the values of a filter in any order.
      .replaceAll(/(?<=invalid filter '[\w-]+=\[)[^\]]*/g, (values) => values.split(' ').toSorted().join(' '))
      // Columns are as wide as their widest word.
      .replaceAll(/ {2,}/g, '  ')
      .replaceAll(/ +$/gm, '')
  );
}

/** What a terminal is told, as lines: one ends where the cursor goes down. Recordings have a dot for the escape character. */
function withoutTerminal(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- it is the escape character that is looked for
      .replaceAll(/[.\u001b]\[\d*B/g, '\n')
      // oxlint-disable-next-line no-control-regex -- it is the escape character that is looked for
      .replaceAll(/[.\u001b]\[(?:\d*[A-Z]|[\d;]*m)/g, '')
      .replaceAll(/[\r\n]+/g, '\n')
  );
}

function tersely(text: string): string {
  return text
    .replaceAll(/^[0-9a-f]{12}: Preparing ?\n/gm, '')
    .replaceAll(/(?<=^[0-9a-f]{12}: )Already exists/gm, 'Layer already exists')
    .replaceAll(/^[uU]ntagged: \S+@sha256:.*\n/gm, '')
    .replaceAll(
      /^([dD]eleted: )sha256:[0-9a-f]{64}\n(?:\1sha256:[0-9a-f]{64}\n)+/gm,
      (found) => `${found.split('\n')[0] ?? ''}\n`,
    )
    .trimEnd();
}

/** For runs whose images are not the same: what depends on their content. */
function unknown(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/\b\d+(?:\.\d+)?[kMG]?B\b/g, (size) => (size === '0B' ? size : 'SIZE'))
    .replaceAll(/(?<=\bsize: |"[sS]ize": ?)\d+/g, 'N');
}

/**
 * Layers go up and down several at once, and how often a step of one is told is left to chance: of each run of such lines remains what
 * befell each layer, in order; what is waited for and the state of bytes depend on the time. Docker's engine tells the newest state of a
 * download when it gets to it and forgets those before, so that a quick layer is complete without ever having been downloaded.
 */
function steps(text: string): string {
  const out: string[] = [];
  let layers = new Map<string, string[]>();
  const flush = (): void => {
    out.push(...[...layers.values()].map((all) => `LAYER ${all.join(', ')}`).toSorted());
    layers = new Map();
  };
  for (const line of text.split('\n')) {
    const [, id, what] = /^([0-9a-f]{12}): (.+?) ?$/.exec(line) ?? [];
    if (id === undefined || what === undefined) {
      flush();
      out.push(line);
    } else if (!/^(?:Waiting|Downloading|Verifying|Extracting|Pushing)\b/.test(what)) {
      const before = layers.get(id) ?? [];
      const certain = what === 'Pull complete' ? before.filter((step) => step !== 'Download complete') : before;
      if (certain.at(-1) !== what) layers.set(id, [...certain, what]);
    }
  }
  flush();
  return out.join('\n');
}
