import { resolve } from 'node:path';
import type { ServeSettings } from '#serve';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { integer, nonEmpty } from '../flags/values.ts';
import { servedLines } from '../output/serve-lines.ts';
import { UsageError } from '../usage-error.ts';

interface ServeFlags {
  readonly data?: string;
  readonly listen?: string;
  readonly port?: number;
  readonly quiet?: true;
  readonly json?: true;
  readonly sync: boolean;
  readonly delete: boolean;
}

export const serve: Command = defineCommand<ServeFlags>({
  name: 'serve',
  usage: '[OPTIONS]',
  description: 'Serve a registry. Images are kept as plain files, laid out as docker-registry does.',
  operands: { min: 0, max: 0 },
  isDockers: false,
  registry: 'none',
  flags: () => [
    valued('--data <DIR>', 'Folder of the images (default: the current folder, if nothing else is in it)', nonEmpty),
    toggle('--json', 'Print one line of JSON: {"url": …}'),
    valued('--listen <ADDRESS>', 'HOST:PORT, :PORT or unix:///PATH (default: 127.0.0.1:5000)', nonEmpty),
    toggle('--no-delete', 'Nothing can be deleted'),
    toggle('--no-sync', 'Do not wait for the disk: faster, and a power cut may take what was pushed last'),
    valued('-p, --port <PORT>', 'Listen on 127.0.0.1 at this port; 0: one that is free', integer(0, 65_535)),
    toggle('-q, --quiet', 'Print the address alone'),
  ],
  examples: [
    ['dray serve', 'Images in this folder, for this machine, on port 5000'],
    ['dray serve --listen :5000 --data /srv/registry', 'For everybody who reaches this machine'],
  ],
  async run(call) {
    const { flags, context } = call;
    if (flags.port !== undefined && flags.listen !== undefined) {
      throw new UsageError('--port and --listen are mutually exclusive', { hint: 'write --listen HOST:PORT' });
    }
    const { checkUnnamedFolder, clientHost, isLocal, startRegistryServer } = await import('#serve');
    const root = resolve(flags.data ?? '.');
    if (flags.data === undefined) await checkUnnamedFolder(root);
    const settings: Partial<ServeSettings> = {
      ...((flags.listen ?? flags.port) !== undefined && { listen: flags.listen ?? `127.0.0.1:${flags.port}` }),
      data: root,
      sync: flags.sync,
      deletes: flags.delete,
    };
    const notice = (text: string): void => void context.stderr.write(`${text}\n`);
    const server = await startRegistryServer(settings, {
      signal: context.signal,
      stdout: context.stdout,
      stderr: context.stderr,
    });
    if (!isLocal(server.address)) notice('WARNING: everybody who reaches this machine may push and delete');
    const host = server.address.kind === 'tcp' ? clientHost(server.address) : undefined;
    const facts = { url: server.url, host, place: flags.data ?? './', asksWho: false, readOnly: false };
    if (flags.json === true) await write(context.stdout, `${JSON.stringify({ url: server.url })}\n`);
    else await write(context.stdout, flags.quiet === true ? `${server.url}\n` : servedLines(facts));
    await stopped(call);
    const cut = await server.close({ hurry: context.hurry });
    if (cut > 0) notice(`${cut} requests were cut`);
  },
});

function stopped({ context: { signal } }: Call<object>): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
