/** A process of its own for listen-bind.test.ts: asks for each socket that a line names, and says what came of it; holds what it got. */
import { createInterface } from 'node:readline';
import { errnoOf } from '#errors';
import { listen } from './listen.ts';

for await (const path of createInterface({ input: process.stdin })) {
  const said = await listen({ address: { kind: 'unix', path }, handler: (_message, response) => response.end() }).then(
    () => 'listens',
    (error: unknown) => errnoOf(error),
  );
  process.stdout.write(`${said}\n`);
}
process.exit();
