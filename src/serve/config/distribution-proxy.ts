import type { SettingsPart } from '../settings.ts';
import { part, unsupported } from './distribution-readers.ts';
import { upstreamOf } from './own-cache.ts';
import { duration, type Read, refusal, text } from './readers.ts';

const read = part({
  remoteurl: text,
  username: text,
  password: text,
  ttl: duration,
  exec: unsupported('name the user and the password'),
});

/** `proxy` of distribution: everything is read from one other registry, and nothing can be pushed. */
export const readProxy: Read<SettingsPart> = (node, reading) => {
  const { remoteurl, username, password, ttl } = read(node, reading);
  if (remoteurl === undefined) {
    if (username === undefined && password === undefined) return {};
    throw refusal(node, reading, 'needs a remoteurl');
  }
  const upstream = URL.canParse(remoteurl) ? upstreamOf(remoteurl) : undefined;
  if (upstream === undefined) {
    throw refusal(node, reading, 'remoteurl must be a URL, like https://registry-1.docker.io');
  }
  return {
    cache: {
      upstreams: [
        {
          ...upstream,
          prefix: '',
          ...(username !== undefined && { credential: { username, password: password ?? '' } }),
        },
      ],
      // a week, as in distribution; 0 stands for "never"
      maxIdle: ttl === 0 ? undefined : (ttl ?? 168 * 3_600_000),
    },
  };
};
