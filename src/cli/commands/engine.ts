import { resolve } from 'node:path';
import type { TlsOptions } from '#serve';
import { closeServer } from '../close-server.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { defaultEngineAddress, prepareSocketFolder } from '../engine-socket.ts';
import { type EngineFlags, engineFlags } from '../flags/engine-flags.ts';
import { listening } from '../listening.ts';
import { jsonLine, oneLine } from '../output/printable.ts';
import { untilStopped } from '../until-stopped.ts';
import { UsageError } from '../usage-error.ts';
import { drayVersion } from '../version.ts';
import { withDray } from '../wire.ts';

export const engine: Command = defineCommand<EngineFlags>({
  name: 'engine',
  usage: '[OPTIONS]',
  description:
    "Be a Docker engine for images: the docker command, and programs that speak its API, work on dray's own store. Containers and builds are not " +
    'part of it yet.',
  operands: { min: 0, max: 0 },
  isDockers: false,
  registry: 'none',
  flags: engineFlags,
  examples: [
    ['dray engine', 'On a socket for you alone; what to give docker as DOCKER_HOST is printed'],
    ['dray engine --listen unix:///var/run/docker.sock', "In docker's own place, where it looks without DOCKER_HOST"],
    [
      'dray engine --listen tcp://0.0.0.0:2376 --tls-cert cert.pem --tls-key key.pem --tls-client-ca ca.pem',
      'For other machines, with certificates',
    ],
  ],
  async run(call) {
    const { flags, context } = call;
    const [{ readEngineAddress, startEngineServer }, { insecureHosts }] = await Promise.all([
      import('#daemon'),
      import('#registry'),
    ]);
    insecureHosts(flags.insecureRegistry ?? []);
    const tls = tlsOf(flags);
    const text = flags.listen ?? defaultEngineAddress(context.env, process.platform);
    const address = readEngineAddress(text, tls !== undefined);
    if (flags.listen === undefined) await prepareSocketFolder(text);
    const work = {
      // Each client brings its own.
      anonymous: true,
      insecure: flags.insecureRegistry,
    };
    await withDray(
      call,
      async (dray) => {
        // A folder that is no store is told here and not to each client.
        await dray.images({ reference: 'none', signal: context.signal });
        const server = await startEngineServer({
          dray,
          version: await drayVersion(),
          address,
          tls,
          insecureLoopback: flags.insecureLoopback,
          ...listening(call),
        });
        context.onHangup?.(() => server.reload());
        try {
          await write(context.stdout, announcement(flags, server.host));
          await untilStopped(context.signal);
        } finally {
          await closeServer(server, context);
        }
      },
      work,
    );
  },
});

function announcement(flags: Call<EngineFlags>['flags'], host: string): string {
  if (flags.json === true) return `${jsonLine({ host })}\n`;
  if (flags.quiet === true) return `${oneLine(host)}\n`;
  // Its folder has the client's ca.pem, cert.pem and key.pem.
  const tls = flags.tlsCert === undefined ? '' : ' DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=FOLDER';
  return `Listening on ${oneLine(host)}\nTry:\n  export DOCKER_HOST=${oneLine(host)}${tls}\n  docker pull alpine\n  docker images\n`;
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: EngineFlags): TlsOptions | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError('TLS needs both --tls-cert and --tls-key');
  const clientCas = tlsClientCa?.map((path) => resolve(path));
  return { cert: resolve(tlsCert), key: resolve(tlsKey), ...(clientCas !== undefined && { clientCas }) };
}
