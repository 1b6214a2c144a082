import type { AccessOptions } from '../access/options.ts';
import { kinds, needless, part } from './distribution-readers.ts';
import { file, listOf, oneOf, type Read, refusal, text, toggle } from './readers.ts';

const read = kinds(
  {
    htpasswd: part({ realm: text, path: file }),
    token: part({
      realm: text,
      service: text,
      issuer: text,
      rootcertbundle: file,
      jwks: file,
      signingalgorithms: listOf(
        oneOf('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'),
      ),
      autoredirect: toggle,
      autoredirectpath: text,
    }),
    none: needless,
  },
  'htpasswd, and token',
);

/** `auth` of distribution. */
export const readAuth: Read<Partial<AccessOptions>> = (node, reading) => {
  const { htpasswd, token } = read(node, reading);
  if (htpasswd !== undefined && token !== undefined) {
    throw refusal(node, reading, 'must be one of htpasswd and token, not both');
  }
  if (htpasswd !== undefined) {
    // distribution makes a file with a user of its own in that case
    if (htpasswd.path === undefined) throw refusal(node, reading, 'htpasswd needs the path of a file');
    return { htpasswd: { path: htpasswd.path, realm: htpasswd.realm } };
  }
  if (token === undefined) return {};
  const {
    realm = '',
    service,
    issuer,
    autoredirectpath,
    rootcertbundle,
    signingalgorithms,
    jwks,
    autoredirect,
  } = token;
  if (service === undefined || issuer === undefined || (realm === '' && autoredirect !== true)) {
    throw refusal(node, reading, 'token needs realm, service and issuer');
  }
  return {
    tokens: {
      realm,
      service,
      issuer,
      rootCertBundle: rootcertbundle,
      jwks,
      signingAlgorithms: signingalgorithms,
      autoredirect,
      autoredirectPath: autoredirectpath,
    },
  };
};
