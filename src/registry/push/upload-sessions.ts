import type { UploadSessions } from '../types.ts';

/** More than a push has at a time. */
const MOST = 1000;

/** Sessions for as long as the process lives. */
export function memorySessions(): UploadSessions {
  const sessions = new Map<string, string>();
  return {
    read: (key) => sessions.get(key),
    write: (key, location) => {
      sessions.set(key, location);
      const [oldest] = sessions.keys();
      if (sessions.size > MOST && oldest !== undefined) sessions.delete(oldest);
    },
    remove: (key) => {
      sessions.delete(key);
    },
  };
}
