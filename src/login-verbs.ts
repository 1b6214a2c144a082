import type { CallOptions } from '#content';
import type { LoginOptions, LoginResult } from '#image';
import { type Credential, checkLogin, hostOf, login, logout } from '#registry';
import type { Machine } from './machine.ts';
import { configFileOf } from './settings.ts';

type Verify = (credential: Credential, call: CallOptions) => Promise<string | undefined>;

/** Credentials, kept where docker keeps them. */
export interface LoginVerbs {
  /** Checks the credential against the registry, then stores it as docker does. `server` undefined: Docker Hub. */
  login(server: string | undefined, options: LoginOptions): Promise<LoginResult>;
  /**
   * Checks the credential against the registry, and keeps nothing. Resolves with the identity token that the registry gives to be kept in
   * place of the password, if it does. Rejects as `login` does.
   */
  checkLogin(server: string | undefined, options: LoginOptions): Promise<string | undefined>;
  /** True when there was something to remove. */
  logout(server: string | undefined, options?: CallOptions): Promise<boolean>;
}

export function loginVerbs(machine: Machine): LoginVerbs {
  const { env } = machine.options;
  const configFile = configFileOf(machine.options, machine.known);
  const verifierFor = async (server: string | undefined): Promise<Verify> => {
    const { client } = await machine.settings();
    const host = server === undefined ? 'docker.io' : hostOf(server);
    return (credential, call) => checkLogin(host, credential, { ...client, ...call });
  };
  return {
    async login(server, { signal, onEvent, ...credential }) {
      return login({ server, credential, configFile, env, verify: await verifierFor(server), signal, onEvent });
    },
    async checkLogin(server, { signal, onEvent, ...credential }) {
      const verify = await verifierFor(server);
      return verify(credential, { signal, onEvent });
    },
    logout: (server, options) => logout({ server, configFile, env, ...options }),
  };
}
