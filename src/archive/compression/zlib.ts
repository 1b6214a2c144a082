import type zlibModule from 'node:zlib';

let loaded: typeof zlibModule | undefined;

/** zlib, loaded when it is first used: 2 ms that a run without layers need not spend. */
export function zlib(): typeof zlibModule {
  loaded ??= process.getBuiltinModule('node:zlib');
  return loaded;
}
