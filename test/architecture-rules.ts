/**
 * The rooms of src/ by tier: a room imports only rooms of a lower one. `dray` stands for the files directly in src/, `worker` for the one of
 * them that a thread begins with.
 */
export const TIERS: Readonly<Record<string, number>> = {
  errors: 0,
  oci: 1,
  template: 1,
  bytes: 2,
  timing: 2,
  progress: 2,
  content: 3,
  archive: 3,
  transport: 3,
  registry: 4,
  store: 4,
  image: 5,
  engine: 5,
  dray: 6,
  worker: 6,
  serve: 6,
  daemon: 7,
  cli: 8,
  testing: 8,
};

/** A file of src/, `path` relative to it. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const PURE_TIERS = 2;
const VERBS = 5;
/** What makes a place: verbs are given places. */
const PLACE_BUILDERS = /\b(createRegistryClient|createRepository|createTransport|openDiskStore)\b/;
/** Where the machine and the user are looked up: the façade's composition root. */
const COMPOSITION_ROOTS = new Set(['index.ts', 'create-dray.ts']);
const MACHINE = /\bprocess\.(env|argv|stdin|stdout|stderr|exit|exitCode|cwd)\b|\bhomedir\b|\bconsole\s*\./;

/** What of the rules one file breaks, a line each. */
export function violations(file: SourceFile): readonly string[] {
  const room = roomOf(file.path);
  const tier = TIERS[room];
  if (tier === undefined) return [`${file.path}: no tier is known for the room "${room}"`];
  const code = withoutComments(file.text);
  const found = [...importsOf(code).flatMap((name) => importViolations(file.path, name))];
  if (isTest(file.path)) return found;
  const isFree = tier >= (TIERS['cli'] ?? 0) || COMPOSITION_ROOTS.has(file.path);
  const machine = MACHINE.exec(withoutStrings(code))?.[0];
  if (!isFree && machine !== undefined) found.push(`${file.path}: uses ${machine}`);
  const builder = tier === VERBS ? PLACE_BUILDERS.exec(code)?.[0] : undefined;
  if (builder !== undefined) found.push(`${file.path}: builds a place with ${builder}`);
  return found;
}

function importViolations(path: string, name: string): readonly string[] {
  if (name.startsWith('.')) return relativeViolations(path, name);
  if (name.startsWith('#')) return roomViolations(path, name.slice(1));
  if (isTest(path)) return [];
  const pure = (TIERS[roomOf(path)] ?? 0) <= PURE_TIERS;
  const isBuiltin = name.startsWith('node:');
  return pure && name !== 'node:crypto'
    ? [`${path}: imports ${name}${isBuiltin ? '' : ', a package,'} in a pure room`]
    : [];
}

function relativeViolations(path: string, name: string): readonly string[] {
  const target = new URL(name, `file:///${path}`).pathname.slice(1);
  return roomOf(target) === roomOf(path) ? [] : [`${path}: reaches into another room by ${name}`];
}

function roomViolations(path: string, room: string): readonly string[] {
  if (isTest(path) && room === 'testing') return [];
  const tier = TIERS[room];
  if (tier === undefined) return [`${path}: imports #${room}, which is no room`];
  const own = roomOf(path);
  return tier < (TIERS[own] ?? 0) ? [] : [`${path}: ${own} must not import #${room}`];
}

/** Everything imported or exported from somewhere, types too. */
function importsOf(code: string): readonly string[] {
  const names = /\b(?:from|import)\s*\(?\s*(?<quote>['"`])(?<name>[^'"`\n]+)\k<quote>/g;
  return [...code.matchAll(names)].map((match) => match.groups?.['name'] ?? '');
}

function roomOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? 'dray' : path.slice(0, slash);
}

/** Tests, and the programs that they start: `x.test.ts`, `x.test.child.ts`. */
function isTest(path: string): boolean {
  return path.includes('.test.');
}

/** Strings are kept, so that `//` in a URL begins no comment. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /(?<kept>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g,
    '$<kept>',
  );
}

function withoutStrings(code: string): string {
  return code.replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
}
