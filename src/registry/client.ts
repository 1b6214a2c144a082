import { familiarName } from '#oci';
import { EndpointWalk } from './endpoint-walk.ts';
import { repositoryOver } from './repository.ts';
import type { Endpoint, RegistryClient, RegistryClientOptions } from './types.ts';

/** Nothing is read or asked before the first call. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const walk = new EndpointWalk(options);
  return {
    over: (reference, attempt, { action, from, signal, onEvent }) => {
      const suits = reference.digest === undefined ? mayResolve : undefined;
      return walk.ask(
        { domain: reference.domain, name: familiarName(reference), action, suits, from, signal, onEvent },
        (connection) => attempt(repositoryOver(connection, reference.path)),
      );
    },
    close: () => walk.close(),
  };
}

/** Whether the endpoint is trusted to say what a tag stands for. */
function mayResolve({ digestsOnly }: Endpoint): boolean {
  return digestsOnly !== true;
}
