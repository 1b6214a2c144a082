import { DrayError } from '#errors';
import type { Page } from '../api/options.ts';
import type { Challenge } from './challenge.ts';
import { decide } from './decide.ts';
import { type IdentifyOptions, type Identity, identify } from './identify.ts';
import { type OtherWays, openMeans } from './means.ts';
import type { AccessOptions, AccessRule, TokenServiceOptions } from './options.ts';
import { type AccessControl, type Admission, openAccess } from './port.ts';
import { anonymousPrincipal, NO_RIGHTS, unlimited, userPrincipal } from './principal.ts';
import { createRules } from './rules/rules.ts';
import { certificateUser } from './tls/certificate-user.ts';
import { PasswordUsers } from './users/password-users.ts';

export interface OpenedAccess {
  readonly control: AccessControl;
  /** Pages of the server that belong to it, by path: the token service. */
  readonly pages: ReadonlyMap<string, Page>;
  close(): Promise<void>;
}

export interface OpenAccessOptions {
  /** Told of files that were changed and cannot be used, and of keys that cannot be fetched: what was known before stays in use. */
  readonly onProblem?: ((error: DrayError) => void) | undefined;
  /** Where the token service keeps its key when the options do not say; without either it has one for this process alone. */
  readonly keyFile?: string | undefined;
}

/**
 * Makes an AccessControl of plain options. Rejects with INVALID_CONFIGURATION where they, or the files that they name, cannot be used, with
 * IO_FAILED where a file cannot be read.
 *
 * Requests with an Authorization header are judged by that alone, others by their client certificate, others are nobody's. There is one
 * challenge: for tokens where there are any, since clients that see two fail at the one they cannot meet; Basic is taken all the same.
 */
export async function openAccessControl(
  options: AccessOptions,
  { onProblem = () => {}, keyFile }: OpenAccessOptions = {},
): Promise<OpenedAccess> {
  checkTogether(options);
  const { htpasswd, certificates } = options;
  if (Object.values(options).every((value) => value === undefined || value === false)) {
    return { control: openAccess, pages: new Map(), close: async () => {} };
  }
  const rules = options.rules === undefined ? undefined : createRules(options.rules);
  const passwords = htpasswd === undefined ? undefined : new PasswordUsers(htpasswd, onProblem);
  const ways: OtherWays = {
    passwords,
    certificates: certificates === undefined ? undefined : certificateUser(certificates),
    anonymous: anonymousPrincipal(rules?.rightsOf(undefined) ?? NO_RIGHTS, rules?.allowsAnonymous ?? false),
    userNamed: (name) => userPrincipal(rules?.rightsOf(name) ?? unlimited(name)),
  };
  const basic: Challenge | undefined =
    htpasswd === undefined ? undefined : { scheme: 'basic', realm: htpasswd.realm ?? 'dray' };
  const means = await openMeans({
    tokens: options.tokens,
    tokenService: serviceOf(options, rules?.allowsAnonymous === true, keyFile),
    ways,
    basic,
    onProblem,
  });
  return {
    control: accessControl({ ...ways, tokens: means.tokens, challenge: means.challenge }),
    pages: means.pages,
    async close() {
      means.close();
      await passwords?.close();
    },
  };
}

function accessControl(options: IdentifyOptions): AccessControl {
  return {
    admit(request) {
      const judge = (identity: Identity): Admission =>
        'refusal' in identity ? { refusal: identity.refusal } : decide(identity.principal, request, options.challenge);
      const identity = identify(request, options);
      return identity instanceof Promise ? identity.then(judge) : judge(identity);
    },
  };
}

/** The token service that there is to be, if any. */
function serviceOf(
  { tokenService, tokens, htpasswd }: AccessOptions,
  allowsAnonymous: boolean,
  keyFile: string | undefined,
): TokenServiceOptions | undefined {
  const isNeeded = htpasswd !== undefined && allowsAnonymous && tokens === undefined;
  const service = tokenService ?? (isNeeded ? {} : false);
  return service === false ? undefined : { ...service, keyFile: service.keyFile ?? keyFile };
}

function checkTogether({ tokens, tokenService: service, htpasswd, certificates, rules }: AccessOptions): void {
  const tokenService = service === false ? undefined : service;
  const wrong = (text: string): DrayError => new DrayError('INVALID_CONFIGURATION', text);
  const hasUsers = htpasswd !== undefined || certificates !== undefined || tokens !== undefined;
  if (rules?.rules.some(namesUsers) === true && !hasUsers) {
    throw wrong('the rules give rights to users, and nobody can log in: add an htpasswd file, tokens or certificates');
  }
  if (tokens !== undefined && tokenService !== undefined) {
    throw wrong('the registry can take tokens of another service or give its own, not both');
  }
  if (tokenService !== undefined && htpasswd === undefined && certificates === undefined) {
    throw wrong('the token service has no users: it needs an htpasswd file or client certificates');
  }
  if (tokenService?.path !== undefined && !/^\/[\w./~-]+$/.test(tokenService.path)) {
    throw wrong(`the path of the token service has to be one like "/token", not ${JSON.stringify(tokenService.path)}`);
  }
  const lifetime = tokenService?.lifetime ?? 300;
  if (!Number.isInteger(lifetime) || lifetime < 10 || lifetime > 86_400) {
    throw wrong(`tokens can be good for 10 to 86400 seconds, not ${lifetime}`);
  }
  if (tokens !== undefined && tokens.autoredirect !== true && tokens.realm === '') {
    throw wrong('tokens need the address of their service (realm), or autoredirect');
  }
  if (tokens !== undefined && (tokens.service === '' || tokens.issuer === '')) {
    throw wrong('tokens need the names of their service and of their issuer');
  }
}

function namesUsers({ users = [], groups = [], authenticated = false }: AccessRule): boolean {
  return users.length > 0 || groups.length > 0 || authenticated;
}
