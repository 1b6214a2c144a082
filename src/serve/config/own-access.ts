import type {
  AccessOptions,
  AccessRule,
  HtpasswdOptions,
  TlsOptions,
  TokenOptions,
  TokenServiceOptions,
} from '../access/options.ts';
import { file, listOf, mapOf, oneOf, type Read, required, settings, text, toggle, whole } from './readers.ts';

const texts = listOf(text);
const action = oneOf('pull', 'create', 'push', 'delete', '*');

const rule = settings({
  repositories: texts,
  users: texts,
  groups: texts,
  authenticated: toggle,
  anonymous: toggle,
  actions: listOf(action),
});

const readRule: Read<AccessRule> = (node, reading) => {
  const { repositories, actions, ...who } = rule(node, reading);
  const place = [node, reading] as const;
  return {
    ...who,
    repositories: required(repositories, 'repositories', place),
    actions: required(actions, 'actions', place),
  };
};

const passwords = settings({ path: file, realm: text });

/** The path of a file, or that and more. */
const readHtpasswd: Read<HtpasswdOptions> = (node, reading) => {
  if (node.kind === 'scalar') return { path: file(node, reading) };
  const { path, realm } = passwords(node, reading);
  return { path: required(path, 'path', [node, reading]), realm };
};

const tokens = settings({
  realm: text,
  service: text,
  issuer: text,
  rootCertBundle: file,
  jwks: text,
  signingAlgorithms: listOf(
    oneOf('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'),
  ),
  autoredirect: toggle,
  autoredirectPath: text,
});

const readTokens: Read<TokenOptions> = (node, reading) => {
  const { realm = '', service, issuer, jwks, ...rest } = tokens(node, reading);
  const place = [node, reading] as const;
  const isAddress = jwks === undefined || /^https?:\/\//i.test(jwks);
  return {
    ...rest,
    realm,
    service: required(service, 'service', place),
    issuer: required(issuer, 'issuer', place),
    ...(jwks !== undefined && { jwks: isAddress ? jwks : reading.resolve(jwks) }),
  };
};

const service = settings({
  keyFile: file,
  service: text,
  issuer: text,
  path: text,
  realm: text,
  lifetime: whole(10, 86_400),
});

/** `true` alone: as it is by default. */
const readTokenService: Read<TokenServiceOptions | false> = (node, reading) => {
  if (node.kind === 'scalar') return toggle(node, reading) ? {} : false;
  return service(node, reading);
};

const access = settings({
  htpasswd: readHtpasswd,
  rules: listOf(readRule),
  groups: mapOf(texts),
  admins: texts,
  defaultActions: listOf(action),
  tokens: readTokens,
  tokenService: readTokenService,
  certificates: settings({ fields: listOf(oneOf('cn', 'dns', 'email', 'uri')) }),
});

/** `access` of our own file: ways to say who one is, and what one may do then. */
export const readAccess: Read<Partial<AccessOptions>> = (node, reading) => {
  const { rules, groups, admins, defaultActions, ...ways } = access(node, reading);
  const hasRules = [rules, groups, admins, defaultActions].some((part) => part !== undefined);
  return { ...ways, ...(hasRules && { rules: { rules: rules ?? [], groups, admins, defaultActions } }) };
};

const certificates = settings({
  cert: file,
  key: file,
  clientCas: listOf(file),
  clientAuth: oneOf(
    'request-client-cert',
    'require-any-client-cert',
    'verify-client-cert-if-given',
    'require-and-verify-client-cert',
  ),
  minimumTls: oneOf('tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'),
});

/** `tls` of our own file. */
export const readTls: Read<TlsOptions> = (node, reading) => {
  const { cert, key, ...rest } = certificates(node, reading);
  const place = [node, reading] as const;
  return { ...rest, cert: required(cert, 'cert', place), key: required(key, 'key', place) };
};
