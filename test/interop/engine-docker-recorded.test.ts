import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tarOf } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { type EngineHost, startEngineHost } from './engine-host.ts';
import { platformsImage, randomImage, tutorialImages, writeArchive, writeLayout } from './engine-images.ts';
import { type Play, readRecordings, replay } from './engine-recording.ts';
import { peerTest } from './peers.ts';

type Script = readonly (readonly [name: string, play?: Play])[];

/** Who it is and what it is made of, which is not Docker's, and a newer command's word for speaking as the recorded one did. */
const VERSIONS =
  / \(downgraded from [\d.]+\)| (?:Version|GitCommit|Git commit|Go version|Built|OS\/Arch):.*\n|^ (?:containerd|runc|docker-init|Node\.js):\n|(?<=^Server:) dray$/gm;
/** Images that only a builder leaves, and names that the images here do not have. */
const BUILDERS = /^(?:<none> .*|.*"Repository":"<none>".*)\n/gm;

const LOOKING: Script = [
  ['35-images', { first: 'docker rmi localhost:5000/rnd:1' }],
  ['35-images-a', { without: BUILDERS }],
  ['35-images-format', { without: BUILDERS }],
  ['35-images-filter'],
  ['35-images-name'],
  ['36-history', { without: /^(?:ID|<missing>)/gm }],
  ['36-inspect-generic', { without: /^ +"Parent": .*\n/gm }],
  ['36-inspect-image', { without: /^ +"Parent": .*\n/gm }],
  ['36-inspect-image-fmt'],
  ['36-inspect-missing'],
  ['36-inspect-platform', { without: /^ +"Parent": .*\n/gm }],
];

const MOVING: Script = [
  ['31-tag'],
  ['32-push-hello'],
  ['32-push-hello-01'],
  ['32-push-main'],
  ['32-push-all'],
  ['32-push-quiet'],
  ['32-push-platform'],
  ['32-push-tty'],
  ['32-push-notag'],
  ['33-rmi'],
  ['33-rmi-missing'],
  ['34-pull'],
  ['34-pull-uptodate'],
  ['34-pull-tag'],
  [
    '34-pull-digest',
    { line: 'docker pull $(docker image inspect localhost:5000/hello -f "{{index .RepoDigests 0}}")' },
  ],
  ['34-pull-all'],
  ['34-pull-quiet'],
  ['34-pull-platform'],
  ['34-pull-missing'],
  ['34-pull-noreg', { line: 'docker pull localhost:1/nosuch', without: /localhost:(?:5999|1)|127.0.0.1:(?:5999|1)/g }],
  // The recorded one was the base of an image that the builder had kept.
  ['34-pull-tty', { without: /^LAYER Already exists\n/gm }],
  [
    '50-push-fresh',
    { first: 'docker load -q -i rnd.tar && docker tag rnd:1 localhost:5000/rnd:1 && docker rmi rnd:1' },
  ],
  ['50-pull-fresh', { first: 'docker rmi localhost:5000/rnd:1' }],
  ['50-pull-auth'],
  ['50-pull-fresh-tty', { first: 'docker rmi localhost:5000/rnd:1' }],
];

const ARCHIVES: Script = [
  ['37-save'],
  ['37-save-multi'],
  ['37-save-platform'],
  ['37-load'],
  ['37-load-quiet'],
  ['37-load-bad'],
];

/** The tutorial up to where its registry comes in: two imports, then the images that it builds. */
async function begin(engine: EngineHost): Promise<void> {
  const { registry: server, hello, oldMain, main, committed } = tutorialImages();
  const load = async (image: Parameters<typeof writeArchive>[2][number]['image'], name: string): Promise<void> => {
    writeArchive(engine.home, 'l.tar', [{ image, names: [name] }]);
    assert.equal((await engine.type('docker load -q -i l.tar')).status, 0);
  };
  await load(server, 'registry:2');
  await load(hello, 'hello-classic:latest');
  // The name goes to another image, and this one keeps none.
  await load(oldMain, 'main:latest');
  await load(main, 'main:latest');
  await load(committed, 'committed:1');
  writeArchive(engine.home, 'rnd.tar', [{ image: randomImage(), names: ['rnd:1'] }]);
}

function check(found: readonly string[]): void {
  assert.ok(found.length === 0, `${found.length} differ:\n\n${found.join('\n\n')}`);
}

/** A command that is newer than the recorded one, too, speaks the version of the API that was recorded. */
function asRecorded(engine: EngineHost): EngineHost {
  const pinned = { DOCKER_API_VERSION: '1.50' };
  return {
    ...engine,
    docker: (args, options) => engine.docker(args, { ...options, env: { ...pinned, ...options?.env } }),
    type: (line, options) => engine.type(line, { ...options, env: { ...pinned, ...options?.env } }),
  };
}

const KINDS = [
  ['dray', ['docker', 'docker-registry', 'script']],
  // What is compared holds of Docker's own engine as well: these tests can be trusted.
  ['graph', ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'script']],
] as const;

for (const [kind, needs] of KINDS) {
  peerTest(`docker's recorded words about images, ${kind}`, needs, async () => {
    const recordings = readRecordings('graph');
    const engine = asRecorded(await startEngineHost(kind));
    const registry = `localhost:${(await startDockerRegistry()).port}`;
    const say = (script: Script): Promise<readonly string[]> => replay({ engine, registry, recordings }, script);
    writeFileSync(join(engine.home, 'py.tar'), tarOf([{ name: 'bin/' }, { name: 'bin/python', content: 'p' }]));
    writeFileSync(join(engine.home, 'busybox.tar'), tarOf([{ name: 'bin/' }, { name: 'bin/busybox', content: 'b' }]));
    const found = [
      ...(await say([['00-version', { without: VERSIONS }], ['01-import'], ['01-import-change'], ['02-images']])),
    ];
    await begin(engine);
    found.push(...(await say(MOVING)), ...(await say(LOOKING)), ...(await say(ARCHIVES)));
    check(found);
  });
}

/** In the recorded order; what those before leave behind is what those after find. */
const PLATFORMS: Script = [
  ['60-cs-multi-push', { first: 'docker load -q -i p.tar && docker tag multi.example/m:1 localhost:5000/multi:1' }],
  ['60-cs-multi-push-platform'],
  // That engine has no sizes of what it has not unpacked.
  ['60-cs-history-arm', { without: /(?<=buildkit  )(?:0B|SIZE)/g }],
  ['60-cs-save'],
  ['60-cs-save-arm'],
  ['60-cs-rmi', { first: 'docker rmi multi.example/m:1' }],
  ['60-cs-load'],
  ['60-cs-tree', { without: /^(?!.*multi:1|├─|└─ linux\/arm64).*\n?/gm }],
  ['60-cs-rmi2'],
  ['60-cs-pull-arm', { without: /^(?:LAYER .*|Status: .*)\n/gm }],
  ['60-cs-inspect-arm', { without: /^ +"(?:Parent|LastTagTime)": .*\n/gm }],
  ['60-cs-pull', { line: 'docker pull --platform linux/arm64 localhost:5000/multi:1' }],
  ['60-cs-manifest-inspect'],
  [
    '60-cs-distribution',
    { line: 'curl -s --unix-socket "${DOCKER_HOST#unix://}" http://x/v1.50/distribution/localhost:5000/multi:1/json' },
  ],
];

for (const [kind, needs] of [
  ['dray', ['docker', 'docker-registry', 'curl']],
  ['containerd', ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'curl']],
] as const) {
  peerTest(`docker's recorded words about platforms, ${kind}`, needs, async () => {
    const engine = asRecorded(await startEngineHost(kind));
    writeLayout(engine.home, 'p.tar', platformsImage({ isAttested: true }), 'multi.example/m:1');
    const registry = `localhost:${(await startDockerRegistry()).port}`;
    check(await replay({ engine, registry, recordings: readRecordings('containerd'), isTerse: true }, PLATFORMS));
  });
}
