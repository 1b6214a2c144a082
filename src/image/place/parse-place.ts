import { DrayError } from '#errors';
import { familiarString, parseReference, printable, withDefaultTag } from '#oci';
import type { Place } from './place.ts';
import { recognise } from './recognise.ts';

export interface ParsePlaceOptions {
  /** What a plain name stands for. */
  readonly plain: 'registry' | 'store';
  /** What is at a path need not be there yet. */
  readonly target?: boolean | undefined;
}

/** What says that a place follows. `docker:20` is an image of that name. */
export const SCHEME: RegExp =
  /^(?<scheme>docker(?=:\/\/)|store|oci|oci-archive|docker-archive|docker-daemon):(?<rest>.*)$/s;
/** What nobody would take for an image's name. */
const PATH = /^(?:\.{1,2}(?:[/\\]|$)|[/\\~]|[A-Za-z]:[/\\])|\.(?:tar|tgz|tar\.gz)$/;

/**
 * Reads where an image is: `docker://REF`, `store:REF`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:REF]`,
 * `docker-daemon:REF`, the path of a file or folder that is an archive or a layout, or a plain name. Rejects with INVALID_REFERENCE
 * for what is no name, and NOT_FOUND for a path at which there is nothing.
 */
export function parsePlace(text: string, { plain, target = false }: ParsePlaceOptions): Place {
  const { scheme, rest = '' } = SCHEME.exec(text)?.groups ?? {};
  switch (scheme) {
    case 'docker':
      return { kind: 'registry', reference: withDefaultTag(parseReference(rest.slice(2))) };
    case 'store':
      return { kind: 'store', text: rest };
    case 'docker-daemon':
      return enginePlace(rest);
    case 'oci':
      return { kind: 'oci-dir', ...pathAndTag(rest, text) };
    case 'oci-archive':
    case 'docker-archive':
      return { kind: scheme, ...pathAndTag(rest, text) };
    default:
  }
  if (plain === 'registry') refuseOthers(text);
  const kind = recognise(text);
  if (kind !== undefined) return { kind, path: text };
  if (PATH.test(text)) return target ? newPath(text) : missing(text);
  if (plain === 'store') return { kind: 'store', text };
  return { kind: 'registry', reference: withDefaultTag(parseReference(text)) };
}

/** A name, or an image ID, which skopeo too takes in full only. */
function enginePlace(text: string): Place {
  if (/^sha256:[\da-f]{64}$/.test(text)) return { kind: 'docker-daemon', name: text };
  const reference = withDefaultTag(parseReference(text));
  return { kind: 'docker-daemon', name: familiarString(reference), reference };
}

/** Transports of skopeo and regctl: read as a name, content would go to and come from a repository `dir` of Docker Hub. */
function refuseOthers(text: string): void {
  const [, scheme] = /^(dir|containers-storage|ocidir|ostree|sif|tarball):/.exec(text) ?? [];
  if (scheme === undefined) return;
  throw new DrayError('INVALID_REFERENCE', `unknown transport ${scheme}: in ${printable(text, 255)}`, {
    hint: `dray has store:NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] and docker-daemon:NAME; docker://${scheme}:TAG is an image of that name`,
  });
}

/** `DIR[:TAG]`, where the tag of a docker archive is a whole reference; a drive letter's colon is none. */
function pathAndTag(rest: string, text: string): { readonly path: string; readonly tag?: string } {
  const colon = rest.indexOf(':', /^[A-Za-z]:[/\\]/.test(rest) ? 2 : 0);
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? '' : rest.slice(colon + 1);
  if (path === '') throw new DrayError('INVALID_REFERENCE', `${printable(text, 255)} names no file or folder`);
  return tag === '' ? { path } : { path, tag };
}

/** What is to be written, told by its name. */
function newPath(path: string): Place {
  if (/\.(?:tar|tgz|tar\.gz)$/.test(path)) return { kind: 'docker-archive', path };
  if (/[/\\]$/.test(path)) return { kind: 'oci-dir', path };
  throw new DrayError('INVALID_REFERENCE', `${printable(path, 255)} does not say what it is to be`, {
    hint: `name it oci:${printable(path, 255)} for a folder, docker-archive: or oci-archive: for a file`,
  });
}

function missing(text: string): never {
  throw new DrayError('NOT_FOUND', `${printable(text, 255)} is no image archive or layout`, {
    hint: 'name a file of docker save, an OCI layout (a folder or a tar of one), or an image',
  });
}
