import type { Command } from './command.ts';

/** A command's entry: what the overview says, and where its file is. The file is loaded when the command is called. */
export interface CommandEntry {
  /** Of a command that is only called by its group both words: `index create`. */
  readonly name: string;
  readonly summary: string;
  /** Not for people: left out of the overview. */
  readonly hidden?: true;
  load(): Promise<Command>;
}

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** The group's words, and the commands that they stand for, perhaps with flags. */
  readonly words: Readonly<Record<string, string>>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'pull',
    summary: 'Download an image from a registry, to the store and to a file for docker load',
    load: async () => (await import('./commands/pull.ts')).pull,
  },
  {
    name: 'save',
    summary: 'Save images of the store to an archive (or stdout)',
    load: async () => (await import('./commands/save.ts')).save,
  },
  {
    name: 'push',
    summary: 'Upload an image to a registry, from the store, an archive or an OCI layout',
    load: async () => (await import('./commands/push.ts')).push,
  },
  {
    name: 'copy',
    summary: 'Copy an image between registries, the store, OCI layouts and archives',
    load: async () => (await import('./commands/copy.ts')).copy,
  },
  {
    name: 'load',
    summary: 'Load images from an archive (or stdin) into the store',
    load: async () => (await import('./commands/load.ts')).load,
  },
  {
    name: 'import',
    summary: 'Make an image from the tar of a file system',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    name: 'images',
    summary: 'List images in the store',
    load: async () => (await import('./commands/images.ts')).images,
  },
  {
    name: 'ls',
    summary: 'List files of an image',
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'cat',
    summary: 'Print files of an image',
    load: async () => (await import('./commands/cat.ts')).cat,
  },
  {
    name: 'diff',
    summary: 'Compare two images: files, config, layers',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'validate',
    summary: 'Check that an image is whole and says what it is',
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    name: 'tag',
    summary: 'Give an image in the store another name',
    load: async () => (await import('./commands/tag.ts')).tag,
  },
  {
    name: 'rmi',
    summary: 'Remove images from the store',
    load: async () => (await import('./commands/rmi.ts')).rmi,
  },
  {
    name: 'inspect',
    summary: 'Print all that is known of images',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'history',
    summary: 'Show how an image was made',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    name: 'df',
    summary: 'Show how much of the disk the store takes',
    load: async () => (await import('./commands/df.ts')).df,
  },
  {
    name: 'prune',
    summary: 'Remove what is not needed from the store',
    load: async () => (await import('./commands/prune.ts')).prune,
  },
  {
    name: 'tags',
    summary: 'List the tags of a repository',
    load: async () => (await import('./commands/tags.ts')).tags,
  },
  {
    name: 'manifest',
    summary: 'Print the manifest or index of an image',
    load: async () => (await import('./commands/manifest.ts')).manifest,
  },
  {
    name: 'config',
    summary: 'Print the config of an image',
    load: async () => (await import('./commands/config.ts')).config,
  },
  {
    name: 'digest',
    summary: 'Print the digest that an image name stands for',
    load: async () => (await import('./commands/digest.ts')).digest,
  },
  {
    name: 'unpack',
    summary: 'Unpack an image into a folder',
    load: async () => (await import('./commands/unpack.ts')).unpack,
  },
  {
    name: 'export',
    summary: 'Write the files of an image as one tar',
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    name: 'search',
    summary: 'Search repositories in Docker Hub or another registry',
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    name: 'catalog',
    summary: 'List the repositories of a registry',
    load: async () => (await import('./commands/catalog.ts')).catalog,
  },
  {
    name: 'blob',
    summary: 'Print or save a blob of a registry',
    load: async () => (await import('./commands/blob.ts')).blob,
  },
  {
    name: 'referrers',
    summary: 'List what points to an image: signatures, SBOMs, attestations',
    load: async () => (await import('./commands/referrers.ts')).referrers,
  },
  {
    name: 'delete',
    summary: 'Delete an image in a registry',
    load: async () => (await import('./commands/delete.ts')).deleteCommand,
  },
  {
    name: 'ratelimit',
    summary: 'Show how many pulls a registry still allows',
    load: async () => (await import('./commands/ratelimit.ts')).ratelimit,
  },
  {
    name: 'token',
    summary: 'Print a bearer token of a registry',
    load: async () => (await import('./commands/token.ts')).token,
  },
  {
    name: 'index create',
    summary: 'Make one image of images for several platforms',
    load: async () => (await import('./commands/index-create.ts')).indexCreate,
  },
  {
    name: 'index append',
    summary: 'Add images to an index in a registry',
    load: async () => (await import('./commands/index-append.ts')).indexAppend,
  },
  {
    name: 'index remove',
    summary: 'Take images out of an index in a registry',
    load: async () => (await import('./commands/index-remove.ts')).indexRemove,
  },
  {
    name: 'artifact push',
    summary: 'Push files as an artifact: SBOMs, signatures, charts',
    load: async () => (await import('./commands/artifact-push.ts')).artifactPush,
  },
  {
    name: 'artifact pull',
    summary: 'Write the files of an artifact into a folder',
    load: async () => (await import('./commands/artifact-pull.ts')).artifactPull,
  },
  {
    name: 'serve',
    summary: 'Serve a registry',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'engine',
    summary: 'Be a Docker engine for images: what the docker command talks to',
    load: async () => (await import('./commands/engine.ts')).engine,
  },
  {
    name: 'registry gc',
    summary: 'Remove what nothing needs from the folder of a registry',
    load: async () => (await import('./commands/registry-gc.ts')).registryGc,
  },
  {
    name: 'registry rm',
    summary: 'Remove repositories from the folder of a registry',
    load: async () => (await import('./commands/registry-rm.ts')).registryRm,
  },
  {
    name: 'login',
    summary: 'Authenticate to a registry',
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    name: 'logout',
    summary: 'Log out from a registry',
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  {
    name: 'completion',
    summary: 'Print a script that completes dray in a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: '__complete',
    summary: 'What the scripts of dray completion call',
    hidden: true,
    load: async () => (await import('./commands/complete.ts')).completeWords,
  },
  {
    name: 'version',
    summary: 'Show the version of dray',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: 'help',
    summary: 'Help about a command',
    load: async () => (await import('./commands/help.ts')).help,
  },
];

export const GROUPS: readonly CommandGroup[] = [
  {
    name: 'image',
    summary: 'Manage images',
    words: {
      ls: 'images',
      list: 'images',
      load: 'load',
      import: 'import',
      save: 'save',
      pull: 'pull',
      push: 'push',
      tag: 'tag',
      rm: 'rmi',
      remove: 'rmi',
      inspect: 'inspect --type=image',
      history: 'history',
      prune: 'prune',
      unpack: 'unpack',
      export: 'export',
    },
  },
  { name: 'system', summary: 'Manage the store', words: { df: 'df', prune: 'prune' } },
  { name: 'auth', summary: 'Credentials of registries', words: { login: 'login', logout: 'logout', token: 'token' } },
  {
    name: 'index',
    summary: 'Change which platforms an image in a registry has',
    words: { create: 'index create', append: 'index append', remove: 'index remove', rm: 'index remove' },
  },
  {
    name: 'registry',
    summary: 'Look after the folder of a registry, also while it is served',
    words: { gc: 'registry gc', rm: 'registry rm', remove: 'registry rm' },
  },
  {
    name: 'artifact',
    summary: 'Move files to and from registries',
    words: { push: 'artifact push', pull: 'artifact pull' },
  },
];

/** The commands that stand for themselves: neither those that only a group has, nor those that are not for people. */
export function shownCommands(): readonly CommandEntry[] {
  return COMMANDS.filter(({ name, hidden }) => !name.includes(' ') && hidden !== true);
}
