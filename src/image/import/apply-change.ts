import { posix } from 'node:path';
import { DrayError } from '#errors';
import { printable } from '#oci';
import { commandOf, jsonWords } from './command-form.ts';
import type { ContainerConfig } from './container-config.ts';
import { exposePorts } from './exposed-ports.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { isSignal } from './stop-signal.ts';
import { splitEntry, variablesOf } from './variables.ts';
import { type Variables, wordOf, wordsOf } from './words.ts';

/** Changes a config as one instruction of a Dockerfile says it, read as docker reads it. */
type Instruction = (config: ContainerConfig, text: string, variables: Variables) => void;

const SHELL = ['/bin/sh', '-c'];

const INSTRUCTIONS: Readonly<Record<string, Instruction>> = {
  CMD(config, text) {
    config.Cmd = commandLine(config, text);
  },
  ENTRYPOINT(config, text) {
    config.Entrypoint = commandLine(config, text);
  },
  ENV(config, text, variables) {
    const pairs = new Map((config.Env ?? []).map((entry) => splitEntry(entry)));
    for (const [key, value] of pairsOf('ENV', text, variables)) pairs.set(key, value);
    config.Env = [...pairs].map(([key, value]) => `${key}=${value}`);
  },
  EXPOSE(config, text, variables) {
    exposePorts(config, wordsOf(text, variables));
  },
  HEALTHCHECK(config, text) {
    config.Healthcheck = parseHealthcheck(text);
  },
  LABEL(config, text, variables) {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairsOf('LABEL', text, variables)) };
  },
  ONBUILD(config, text) {
    const trigger = /^\S+/.exec(text)?.[0]?.toUpperCase();
    if (trigger === 'ONBUILD') throw wrong("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER') throw wrong(`${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), text];
  },
  SHELL(config, text) {
    const words = jsonWords(text);
    if (words === undefined || words.length === 0) throw wrong('SHELL requires the arguments to be in JSON form');
    config.Shell = words;
  },
  STOPSIGNAL(config, text, variables) {
    const signal = wordOf(text, variables);
    if (!isSignal(signal)) throw wrong(`invalid signal: ${printable(signal)}`);
    config.StopSignal = signal;
  },
  USER(config, text, variables) {
    config.User = exactlyOne('USER', wordsOf(text, variables));
  },
  VOLUME(config, text, variables) {
    const folders = jsonWords(text) ?? wordsOf(text, variables);
    if (folders.some((folder) => folder.trim() === '')) throw wrong('VOLUME specified can not be an empty string');
    config.Volumes = { ...config.Volumes, ...asSet(folders) };
  },
  WORKDIR(config, text, variables) {
    config.WorkingDir = posix.resolve('/', config.WorkingDir ?? '/', wordOf(text, variables));
  },
};

/** Throws INVALID_OPTION, in docker's words, for what is no instruction that an import takes. */
export function applyChange(config: ContainerConfig, change: string): void {
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(change.trim()) ?? [];
  const key = name.toUpperCase();
  const instruction = Object.hasOwn(INSTRUCTIONS, key) ? INSTRUCTIONS[key] : undefined;
  if (instruction === undefined) throw wrong(`${printable(name)} is not a valid change command`);
  const takesNothing = key === 'CMD' || key === 'ENTRYPOINT';
  if (rest === '' && !takesNothing) throw wrong(`${key} requires at least one argument`);
  instruction(config, rest, variablesOf(config));
}

function commandLine(config: ContainerConfig, text: string): readonly string[] {
  const { form, words } = commandOf(text);
  return form === 'exec' || words.length === 0 ? words : [...(config.Shell ?? SHELL), ...words];
}

/** `KEY=VALUE …`, or `KEY VALUE` with all the rest as the value. */
function pairsOf(name: string, text: string, variables: Variables): readonly (readonly [string, string])[] {
  const first = /^\S+/.exec(text)?.[0] ?? '';
  if (!first.includes('=')) {
    const [, key = '', value] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
    if (value === undefined) throw wrong(`${name} must have two arguments`);
    return [[key, wordOf(value, variables)]];
  }
  return wordsOf(text, variables).map((word) => {
    const [key, value] = splitEntry(word);
    if (!word.includes('='))
      throw wrong(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    if (key === '') throw wrong(`${name} names can not be blank`);
    return [key, value];
  });
}

function asSet(keys: readonly string[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

function exactlyOne(name: string, [word, ...others]: readonly string[]): string {
  if (word === undefined || others.length > 0) throw wrong(`${name} requires exactly one argument`);
  return word;
}

function wrong(message: string): DrayError {
  return new DrayError('INVALID_OPTION', message);
}
