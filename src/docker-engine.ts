import { createEngine, type EngineOptions, fromEnv } from '#engine';
import type { EngineArchives } from '#image';
import type { Environment } from './defaults.ts';

export interface DockerEngine extends EngineArchives {
  close(): void;
}

/** The engine that the options say, or the one that the docker command would use. Connects to nothing yet. */
export function openDockerEngine(options: EngineOptions | undefined, env: Environment): DockerEngine {
  const said = { version: 'negotiate', ...(options ?? fromEnv(env)) };
  const engine = createEngine(said);
  return {
    host: said.host ?? "docker's own socket",
    async platform(call) {
      const { DriverStatus: status } = await engine.info(call);
      if (status?.some(([name, value]) => name === 'driver-type' && value.startsWith('io.containerd.')) === true) {
        return undefined;
      }
      const { Os: os, Arch: architecture } = await engine.version(call);
      return `${os}/${architecture}`;
    },
    async save(name, { signal } = {}) {
      const archive = engine.images.save(name, { signal })[Symbol.asyncIterator]();
      // Whether the engine has the image is known with the head of its answer.
      return rest(await archive.next(), archive);
    },
    async load(archive, { signal } = {}) {
      await engine.images.load(archive, { quiet: true, signal }).done();
    },
    close: () => engine.close(),
  };
}

async function* rest(
  first: IteratorResult<Uint8Array>,
  others: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let next = first; next.done !== true; next = await others.next()) yield next.value;
  } finally {
    await others.return?.();
  }
}
