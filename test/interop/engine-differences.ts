import { isDeepStrictEqual } from 'node:util';
import { startDockerRegistry } from './docker-registry.ts';
import { type EngineHost, startEngineHost } from './engine-host.ts';
import { platformsImage, tutorialImages, writeArchive, writeLayout } from './engine-images.ts';
import { type Said, said } from './engine-mask.ts';

/** An engine, and what REGISTRY stands for in its lines. */
interface Typist {
  readonly engine: EngineHost;
  readonly registry: string;
  /** And PRIVATE: one that is for "user" with password "pw" alone. */
  readonly access: string;
}

/** dray's engine and Docker's with both its ways to keep images, all with the same files beside them. */
export interface Contest {
  readonly dray: Typist;
  /** The old store has the same IDs as dray. */
  readonly graph: Typist;
  readonly containerd: Typist;
}

export async function startContest(): Promise<Contest> {
  const images = tutorialImages();
  const platforms = platformsImage({ isAttested: true });
  const odd = platformsImage();
  const start = async (kind: EngineHost['kind']): Promise<Typist> => {
    const engine = await startEngineHost(kind);
    writeLayout(engine.home, 'p.tar', platforms, 'multi.example/m:1');
    writeLayout(engine.home, 'odd.tar', odd, 'odd.example/m:1');
    writeArchive(engine.home, 't.tar', [
      { image: images.registry, names: ['registry:2'] },
      { image: images.hello, names: ['hello-classic:latest'] },
      { image: images.main, names: ['main:latest'] },
    ]);
    const registry = await startDockerRegistry();
    await registry.push('two:1', platforms);
    const access = await startDockerRegistry({ user: { name: 'user', password: 'pw' } });
    return { engine, registry: `localhost:${registry.port}`, access: `localhost:${access.port}` };
  };
  const [dray, graph, containerd] = await Promise.all([start('dray'), start('graph'), start('containerd')]);
  return { dray, graph, containerd };
}

export interface Rules {
  /** Lines of which the exit status alone counts, and why. */
  readonly decided?: Readonly<Record<string, string>>;
  /** PATH of who types: which docker. */
  readonly path?: string | undefined;
}

/**
 * Types each line at all three, one after the other: containerd takes away in the background what a line has removed, and an image that is
 * loaded in that moment may lose parts. Gives the lines at which dray's engine makes docker say what it says with neither of
 * Docker's.
 */
export async function differences(
  lines: readonly string[],
  { dray, graph, containerd }: Contest,
  { decided = {}, path }: Rules = {},
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const line of lines) {
    const ours = await type(dray, line, path);
    const old = await type(graph, line, path);
    const other = await type(containerd, line, path);
    const isAlike =
      decided[line] === undefined
        ? isDeepStrictEqual(ours.exact, old.exact) || isDeepStrictEqual(ours.loose, other.loose)
        : [old.exact.exit, other.exact.exit].includes(ours.exact.exit);
    if (!isAlike)
      found.push(`$ ${line}\n${show(old.exact, ours.exact)}\ncontainerd:\n${show(other.loose, ours.loose)}`);
  }
  return found;
}

interface Typed {
  readonly exact: Said;
  readonly loose: Said;
}

async function type({ engine, registry, access }: Typist, line: string, path: string | undefined): Promise<Typed> {
  const typed = line.replaceAll('REGISTRY', registry).replaceAll('PRIVATE', access);
  const ended = await engine.type(typed, path === undefined ? {} : { env: { PATH: path } });
  const hidden = ({ exit, stdout, stderr }: Said): Said =>
    inOrder({ exit, stdout: stdout.replaceAll(access, 'PRIVATE'), stderr: stderr.replaceAll(access, 'PRIVATE') });
  return {
    exact: hidden(said(ended, { registry, keeps: true })),
    loose: hidden(said(ended, { registry, isTerse: true })),
  };
}

/** Rows of a listing come in an order that Docker leaves to chance where images are as old as each other. */
function inOrder(what: Said): Said {
  const isListing = what.stdout.startsWith('REPOSITORY');
  return isListing ? { ...what, stdout: what.stdout.split('\n').toSorted().join('\n') } : what;
}

/** The rows that only one has; all rows where they differ in order alone. */
export function show(expected: Said, actual: Said): string {
  const rows = ({ exit, stdout, stderr }: Said): string[] => [
    `exit ${exit}`,
    ...stdout.split('\n'),
    ...stderr.split('\n').map((line) => `! ${line}`),
  ];
  const [theirs, ours] = [rows(expected), rows(actual)];
  const gone = theirs.filter((row) => !ours.includes(row)).map((row) => `- ${row}`);
  const extra = ours.filter((row) => !theirs.includes(row)).map((row) => `+ ${row}`);
  return [...gone, ...extra].join('\n') || `- ${theirs.join('\n- ')}\n+ ${ours.join('\n+ ')}`;
}
