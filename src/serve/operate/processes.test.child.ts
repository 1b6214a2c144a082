/** Processes of their own for processes.test.ts: one pushes and pulls, the others collect until they are killed. */
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, digestOf } from '#oci';
import { Paths } from '../storage/folder/paths.ts';
import type { RegistryStorage, StoredManifest } from '../storage/port.ts';
import { hasBlob, imageOf, lacks, maintenanceAt, namedBy, openStorage, putBlob } from './registry.test.fixture.ts';

export interface ChildTask {
  readonly root: string;
  readonly kind: 'push' | 'collect';
  /** Of a pusher: how many images, and its name. */
  readonly images: number;
  readonly name: string;
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;

/** Of what is pushed all share these: they come and go with what needs them. */
const shared = Array.from({ length: 8 }, (_, index) => Buffer.from(`shared ${index} `.repeat(50)));

/** Longer than a pusher takes from the first look to the manifest. */
const GRACE = 2000;

if (task.kind === 'collect') await collect();
else await push();

async function collect(): Promise<void> {
  const rules = { collect: { grace: GRACE, trash: 300, deleteUntagged: true } };
  for (;;) await maintenanceAt(task.root, 0, { ...rules, lockTimings: { poll: 5 } }).run();
}

/** Each image is looked at when it is there, and most are deleted again. */
async function push(): Promise<void> {
  const storage = openStorage(task.root);
  for (let index = 0; index < task.images; index += 1) {
    const repository = `app-${index % 2}`;
    const tag = `${task.name}-${index}`;
    let image = await pushOne(storage, index, repository, tag);
    while (image === 'too late') image = await pushOne(storage, index, repository, tag);
    const missing = await lacks(openStorage(task.root), repository, image.digest);
    if (missing.length > 0) throw new Error(`${tag} lacks ${missing.join()}`);
    for (const digest of namedBy(image)) {
      if (!(await hasBlob(storage, repository, digest))) throw new Error(`${tag}: ${digest} cannot be read`);
    }
    if (index % 3 !== 0) await storage.removeManifest(repository, image.digest);
    else process.stdout.write(`${repository} ${image.digest} ${tag}\n`);
  }
}

/** Pushes as clients do: what is said to be there is not sent. */
async function pushOne(
  storage: RegistryStorage,
  index: number,
  repository: string,
  tag: string,
): Promise<StoredManifest | 'too late'> {
  const started = performance.now();
  const layers: Digest[] = [];
  for (const bytes of [...shared.slice(index % 5, (index % 5) + 3), Buffer.from(tag)]) {
    const digest = digestOf(bytes);
    if (!(await isThere(storage, repository, digest))) {
      const isMounted = await storage.mountBlob(repository, digest, `app-${(index + 1) % 2}`);
      if (!isMounted) await putBlob(storage, repository, bytes);
    }
    layers.push(digest);
  }
  const image = imageOf(layers[0] ?? digestOf(''), { layers });
  await storage.putManifest(repository, image, [tag]);
  return performance.now() - started < GRACE / 2 ? image : 'too late';
}

/** The storage touches no link that is younger than a minute, and the grace time here is shorter. */
async function isThere(storage: RegistryStorage, repository: string, digest: Digest): Promise<boolean> {
  if ((await storage.blob(repository, digest)) === undefined) return false;
  const now = Date.now() / 1000;
  try {
    utimesSync(join(new Paths(task.root).layer(repository, digest), 'link'), now, now);
    return true;
  } catch {
    return false;
  }
}
