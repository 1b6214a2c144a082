import type { Command } from './command.ts';

/** A command's entry: what the overview says, and where its file is. The file is loaded when the command is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** The group's words, and the commands that they stand for. */
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
    words: { ls: 'images', list: 'images', load: 'load', import: 'import', save: 'save', pull: 'pull', push: 'push' },
  },
  { name: 'auth', summary: 'Credentials of registries', words: { login: 'login', logout: 'logout', token: 'token' } },
];
