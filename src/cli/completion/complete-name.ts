import type { Dray, DrayOptions } from '#dray';
import type { Call, Command } from '../command.ts';
import type { CliContext } from '../context.ts';
import { parseCommandLine } from '../parse-command-line.ts';
import { drayOptions } from '../wire.ts';
import { beginningWith, type Candidate, type Completion } from './completion.ts';
import { knownHosts } from './known-hosts.ts';
import type { OperandKind } from './operand-kind.ts';
import { TagCache } from './tag-cache.ts';

export interface NameContext {
  readonly command: Command;
  /** What stands between the command and the word. */
  readonly before: readonly string[];
  readonly all: readonly string[];
  readonly context: CliContext;
}

/** A registry that takes longer is not waited for. */
const PATIENCE = 2_000;
/** More than anybody reads. */
const MOST = 1_000;
/** What can be typed as it is, in any shell. */
const PLAIN = /^[\w.:/@+-]+$/;
/** `host/name:`, where the host is one. */
const REMOTE = /^(?<name>(?:localhost|[^/:]*[.:][^/]*)\/[^:@]+):[^/:@]*$/;

/**
 * What the name of an image may become: the store's names, registries that docker's config knows, and after `host/name:` the registry's own tags. What
 * cannot be found out in two seconds is left out, without a word.
 */
export async function completeName(word: string, kind: OperandKind, where: NameContext): Promise<Completion> {
  const { context } = where;
  const config = configFolder(where);
  const hosts = config === undefined ? [] : await knownHosts(config);
  if (kind === 'host')
    return {
      candidates: plain(
        word,
        hosts.map((value) => ({ value })),
      ),
    };
  const files = kind === 'image-or-file';
  const { name } = REMOTE.exec(word)?.groups ?? {};
  const options = await optionsOf(where);
  if (options === undefined) return { candidates: [], files };
  const dray = await context.createDray(options);
  try {
    if (name !== undefined) {
      const cache = new TagCache(context.env, context.now());
      const tags = (await cache.read(name)) ?? (await cache.keep(name, await tagsOf(dray, name)));
      return {
        candidates: plain(
          word,
          tags.map((tag) => ({ value: `${name}:${tag}` })),
        ),
        files,
      };
    }
    const images = await dray.images({}).catch(() => []);
    const names = images.flatMap(({ repository, tag }) => {
      if (repository === undefined) return [];
      return kind === 'repository' || tag === undefined ? repository : `${repository}:${tag}`;
    });
    const local = plain(
      word,
      [...new Set(names)].map((value) => ({ value })),
    );
    const begun = plain(
      word,
      hosts.map((host) => ({ value: `${host}/` })),
    );
    return { candidates: [...local, ...begun], files, open: local.length === 0 && begun.length > 0 };
  } finally {
    await dray.close();
  }
}

function plain(word: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return beginningWith(
    word,
    candidates.filter(({ value }) => PLAIN.test(value)),
  ).slice(0, MOST);
}

async function tagsOf(dray: Dray, name: string): Promise<readonly string[]> {
  return dray.tags(name, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => []);
}

/** As the command itself would be run, but nothing is asked twice and nothing is asked of the user. */
async function optionsOf({ command, before, context }: NameContext): Promise<DrayOptions | undefined> {
  try {
    const { min } = command.operands;
    // As many operands as it must have.
    const { flags } = parseCommandLine({ ...command, operands: { min: 0, max: Math.max(min, before.length) } }, before);
    if (flags['credsStdin'] === true || flags['creds']?.includes(':') === false) return undefined;
    const call = { flags: flags as Call<object>['flags'], operands: [], context };
    return {
      ...(await drayOptions(call)),
      retries: 0,
      stallTimeout: PATIENCE,
    };
  } catch {
    return undefined;
  }
}

function configFolder({ all, context }: NameContext): string | undefined {
  const at = all.indexOf('--config');
  const { DOCKER_CONFIG, HOME, USERPROFILE } = context.env;
  const home = HOME || USERPROFILE;
  return (at < 0 ? undefined : all[at + 1]) ?? (DOCKER_CONFIG || (home ? `${home}/.docker` : undefined));
}
