import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from 'dray/oci';
import {
  ARCHIVE_SHAPES,
  buildArtifact,
  buildImage,
  buildIndex,
  buildLayer,
  type LayerFile,
  type NamedImage,
  type TestGraph,
  type TestImage,
  type TestLayer,
  tarOf,
} from 'dray/testing';

/** What the recorded images have in common: a system, as the tutorial's python image is. */
export const SYSTEM: TestLayer = buildLayer({
  files: [{ name: 'bin/' }, { name: 'bin/python', content: 'p'.repeat(200_000), mode: 0o755 }],
});
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** `COMMAND` of an instruction that writes no file, as docker's classic builder puts it down. */
const nop = (text: string): Step => ({ by: `/bin/sh -c #(nop)  ${text}` });

interface Step {
  readonly by: string;
  readonly layer?: TestLayer;
  readonly comment?: string;
}

/** An image as if it had been built now, step after step. `age` is in seconds. */
function built(steps: readonly Step[], config: Readonly<Record<string, unknown>>, age: number): TestImage {
  const created = new Date(Date.now() - age * 1000).toISOString();
  return buildImage({
    flavour: 'docker',
    layers: steps.flatMap(({ layer }) => (layer === undefined ? [] : [layer])),
    config,
    editConfig: (document) => ({
      ...document,
      created,
      docker_version: '28.5.2+dfsg4',
      history: steps.map(({ by, layer, comment }) => ({
        created,
        created_by: by,
        ...(comment !== undefined && { comment }),
        ...(layer === undefined && { empty_layer: true }),
      })),
    }),
  });
}

const file = (name: string, content: string): TestLayer => buildLayer({ files: [{ name, content }] });
const IMPORTED: Step = { by: '', layer: SYSTEM, comment: 'Imported from -' };

/** The images of the recorded tutorial, built as they were there: same steps, same layers below each other. */
export function tutorialImages(): Readonly<Record<'registry' | 'hello' | 'oldMain' | 'main' | 'committed', TestImage>> {
  const volume = { '/var/lib/registry': {} };
  const steps = [
    IMPORTED,
    { by: 'COPY dir in /bin', layer: file('bin/registry', 'r'.repeat(90_000)) },
    { by: 'COPY file in /etc', layer: file('etc/config.yml', 'version: 0.1') },
  ];
  const serve = { Entrypoint: ['/bin/registry', 'serve'], Cmd: ['/etc/docker/registry/config.yml'] };
  const registry = built(
    [...steps, nop('EXPOSE 5000'), nop('CMD ["/etc/docker/registry/config.yml"]')],
    { ...serve, Env: [PATH], ExposedPorts: { '5000/tcp': {} }, Volumes: volume },
    40,
  );
  const hello = built([IMPORTED, nop('CMD ["echo" "hello"]')], { Cmd: ['echo', 'hello'], Env: [PATH] }, 30);
  const before: readonly Step[] = [
    IMPORTED,
    nop('ARG FILE'),
    nop('ENV FILE=/example.html'),
    { by: '/bin/sh -c python3 -c "import os; os.makedirs"', layer: file('made', 'm'.repeat(800_000)) },
  ];
  const config = {
    Cmd: ['/main.py'],
    Env: [PATH, 'FILE=/example.html'],
    ExposedPorts: { '8888/tcp': {} },
    Labels: { version: '0.1' },
  };
  const oldMain = built([...before, nop('CMD ["/main.py"]')], config, 20);
  const mainSteps: readonly Step[] = [
    ...before,
    { by: '/bin/sh -c #(nop) COPY file:ba8deafbfb5c956c… in /main.py ', layer: file('main.py', 'print()'.repeat(64)) },
    { by: '/bin/sh -c #(nop) ADD 3313d867fefa3f2e3fa66d… in /example.html ', layer: file('example.html', '<p>') },
    nop('EXPOSE 8888'),
    nop('LABEL version=0.1'),
    nop('CMD ["/main.py"]'),
  ];
  const main = built(mainSteps, config, 10);
  const committed = built([...mainSteps, { by: '/main.py', layer: file('tmp/hn', 'name'), comment: 'msg' }], config, 5);
  return { registry, hello, oldMain, main, committed };
}

/** Two layers that nothing else has. */
export function randomImage(): TestImage {
  const seed = String(process.hrtime.bigint());
  return buildImage({
    flavour: 'docker',
    layers: [
      { fill: 3_000_000, seed },
      { fill: 300_000, seed: `${seed}+` },
    ],
  });
}

/** An image of two platforms as buildx makes it; an attestation of each too, or two manifests that only look like that. */
export function platformsImage({ isAttested = false }: { readonly isAttested?: boolean } = {}): TestGraph {
  const images = ['amd64', 'arm64'].map((architecture) =>
    buildImage({
      platform: { os: 'linux', architecture },
      layers: [file('f', `${architecture}\n`)],
      config: { Env: [PATH], Labels: { arch: architecture }, WorkingDir: '/' },
      editConfig: (document) => ({
        ...document,
        created: new Date().toISOString(),
        history: buildxHistory(architecture),
      }),
    }),
  );
  return buildIndex([...images, ...images.map((image) => (isAttested ? attestationOf(image) : artifactOf(image)))]);
}

function buildxHistory(architecture: string): readonly unknown[] {
  const created = new Date().toISOString();
  const comment = 'buildkit.dockerfile.v0';
  return [
    { created, created_by: `ARG TARGETARCH=${architecture}`, comment, empty_layer: true },
    { created, created_by: `LABEL arch=${architecture}`, comment, empty_layer: true },
    { created, created_by: 'COPY <<EOF /f # buildkit', comment },
  ];
}

const NO_PLATFORM: Platform = { os: 'unknown', architecture: 'unknown' };
type Attached = { readonly graph: TestGraph; readonly platform: Platform };

function attestationOf({ root, platform }: TestImage): Attached {
  const graph = buildImage({ platform: NO_PLATFORM, layers: [file('attestation', `of ${platform.architecture}`)] });
  const annotations = {
    'vnd.docker.reference.digest': root.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return { graph: { ...graph, root: { ...graph.root, annotations } }, platform: NO_PLATFORM };
}

function artifactOf({ root }: TestImage): Attached {
  const mediaType = 'application/vnd.in-toto+json';
  const graph = buildArtifact({ artifactType: mediaType, layers: [{ mediaType, content: `{"of":"${root.digest}"}` }] });
  return { graph, platform: NO_PLATFORM };
}

/** An archive that every engine loads, in a folder. */
export function writeArchive(folder: string, name: string, images: readonly NamedImage[]): string {
  const shape = ARCHIVE_SHAPES['docker 25, both at once'];
  const path = join(folder, name);
  writeFileSync(path, shape?.(images) ?? '');
  return path;
}

/** The same of a graph of any kind: an OCI layout in a tar, with the name where containerd looks for it. */
export function writeLayout(folder: string, name: string, graph: TestGraph, reference: string): string {
  const annotations = { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': '1' };
  const index = { schemaVersion: 2, manifests: [{ ...graph.root, annotations }] };
  const files: LayerFile[] = [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify(index) },
    ...[...graph.blobs].map(([digest, content]) => ({ name: `blobs/sha256/${digest.slice(7)}`, content })),
  ];
  const path = join(folder, name);
  writeFileSync(path, tarOf(files));
  return path;
}
