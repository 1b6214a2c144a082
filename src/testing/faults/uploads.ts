import { withHeaders } from '../registry/reply.ts';
import type { RegistryRequest } from '../registry/request.ts';
import { changeReply, changeRequest, type Fault, type Match } from './fault.ts';

const isSent = (request: RegistryRequest): boolean => request.content.streams;

/** Ends the connection after `bytes` of a request's body; the registry keeps what came of an upload, unless its rules say otherwise. */
export function cutUpload(bytes: number, match: Match & { readonly reset?: boolean } = {}): Fault {
  const { reset = false } = match;
  return changeRequest(
    { ...match, when: (request) => isSent(request) && (match.when?.(request) ?? true) },
    (request) => {
      request.content.cut(bytes, { reset });
      return request;
    },
  );
}

/** Answers to uploads say that the registry has this range. */
export function uploadRange(range: string, match: Match = {}): Fault {
  return changeReply({ kind: 'upload', ...match }, (answer) => withHeaders(answer, { range }));
}

/** Answers to uploads say that they go on there; with an array several times. */
export function uploadLocation(location: string | readonly string[], match: Match = {}): Fault {
  return changeReply({ kind: 'upload', ...match }, (answer) => withHeaders(answer, { location }));
}
