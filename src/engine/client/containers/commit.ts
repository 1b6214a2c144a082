import type { CallOptions } from '#content';
import type { RunConfig } from '../../api/images.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';

export interface CommitOptions extends CallOptions {
  /** The new image's name; without one it has only its ID. */
  readonly repo?: string | undefined;
  readonly tag?: string | undefined;
  readonly comment?: string | undefined;
  readonly author?: string | undefined;
  /** Instructions of a Dockerfile: `CMD ["sh"]`. */
  readonly changes?: readonly string[] | undefined;
  /** False: the container is not paused meanwhile. */
  readonly pause?: boolean | undefined;
  /** In place of what the container was created with. */
  readonly config?: RunConfig | undefined;
}

/** See `Containers.commit`. */
export async function commitContainer(
  connection: EngineConnection,
  container: string,
  { config, pause, signal, repo, tag, comment, author, changes }: CommitOptions = {},
): Promise<{ readonly Id: string }> {
  // Left out, pause would be true.
  const query = { container, repo, tag, comment, author, changes, pause: pause === false ? '0' : undefined };
  return objectAnswer(connection, { method: 'POST', path: '/commit', query, json: config, signal, timeout: false });
}
