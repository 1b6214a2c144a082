import { DrayError, nearest } from '#errors';
import { asMap, emptyMap, isNothing } from './config-node.ts';
import { type OnUnknown, object, type Read, type Shape, type Values, wrong } from './readers.ts';

/** Who misspells one of these has a server that is open, and does not know it. */
const GUARDS = ['auth', 'tls', 'clientcas', 'clientauth', 'readonly'];

/** What distribution would not know either, or what came to it after this was written. */
const unknown: OnUnknown = (key, node, { path, note }) => {
  const meant = nearest(key, GUARDS);
  if (meant === undefined) return note(`${node.at}: ${path} is not known: ignored`);
  throw new DrayError('INVALID_CONFIGURATION', `${node.at}: ${path} is not known, and would not be ignored well`, {
    hint: `did you mean ${meant}?`,
  });
};

/** A part of distribution's configuration: keys that are not known are told of, and change nothing. */
export function part<S extends Shape>(shape: S): Read<Values<S>> {
  return object(shape, unknown);
}

/** A part whose key says which kind it is; the name of the kind alone will do. Of a kind that is not there the server must not start. */
export function kinds<S extends Shape>(shape: S, there: string): Read<Values<S>> {
  const read = object(shape, (_key, node, { path }) => {
    throw new DrayError('INVALID_CONFIGURATION', `${node.at}: ${path} is not supported: there is ${there}`);
  });
  return (node, reading) => {
    const map = asMap(node);
    if (map === undefined) throw wrong(node, reading, 'keys and values');
    // `inmemory:` with nothing below it is said all the same
    const said = [...map.entries].map(([key, value]) => [key, isNothing(value) ? emptyMap(value.at) : value] as const);
    return read({ ...map, entries: new Map(said) }, reading);
  };
}

/** Distribution has it, this server does not: told of where it asks for something. */
export function unsupported(why: string, idle: RegExp = /^$/): Read<undefined> {
  return (node, { path, note }) => {
    const isIdle =
      node.kind === 'scalar'
        ? idle.test(node.text ?? '')
        : (node.kind === 'list' ? node.items.length : node.entries.size) === 0;
    if (!isIdle) note(`${node.at}: ${path} is not supported: ${why}`);
    return undefined;
  };
}

/** What it is for is there without it. */
export const needless: Read<undefined> = () => undefined;
