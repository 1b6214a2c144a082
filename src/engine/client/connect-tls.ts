import { readFile } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { createSecureContext, connect as openTls, type SecureContext } from 'node:tls';
import { cancelled, DrayError, errnoOf, messageOf } from '#errors';
import { type Origin, tlsFailure } from '#transport';
import { once } from './connect-socket.ts';
import type { EngineTls } from './engine-options.ts';

const HINT =
  'the certificates of an engine are ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH; DOCKER_TLS_VERIFY says that it is checked';

/** Makes plain connections secure ones. Files are read when the first is; their failure is not remembered. */
export function secureWith(
  tls: EngineTls,
  origin: Origin,
  name: string,
): (socket: Socket, signal: AbortSignal) => Promise<Socket> {
  let known: Promise<SecureContext> | undefined;
  const context = (): Promise<SecureContext> => {
    known ??= contextOf(tls, name).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  const peerName = tls.serverName ?? origin.host;
  return async (socket, signal) => {
    let secure: Socket = socket;
    try {
      secure = openTls({
        socket,
        host: peerName,
        // a server name is a name: an address must not be sent as one (RFC 6066 section 3)
        servername: isIP(peerName) === 0 ? peerName : '',
        ALPNProtocols: ['http/1.1'],
        secureContext: await context(),
        rejectUnauthorized: tls.verify !== false,
      });
      await once(secure, 'secureConnect', signal);
      return secure;
    } catch (error) {
      secure.destroy();
      socket.destroy();
      if (signal.aborted) throw cancelled(signal);
      throw explained(error, origin, name);
    }
  };
}

function explained(error: unknown, { hostname, port }: Origin, name: string): unknown {
  if (error instanceof DrayError) return error;
  const detail = { host: hostname, port, phase: 'tls', tlsEstablished: false } as const;
  const failure = tlsFailure(name, error, detail);
  if (failure.code !== 'TLS_FAILED') return failure;
  const plain = failure.detail['plainHttp'] === true;
  const hint = plain
    ? 'if the engine is meant to be asked without TLS, unset DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH'
    : HINT;
  return new DrayError('TLS_FAILED', failure.message, { hint, detail: failure.detail, cause: error });
}

async function contextOf({ ca, cert, key }: EngineTls, name: string): Promise<SecureContext> {
  const refuse = (why: string, cause?: unknown): DrayError =>
    new DrayError('INVALID_CONFIGURATION', `the certificates for ${name} cannot be used: ${why}`, {
      hint: HINT,
      cause,
    });
  if ((cert === undefined) !== (key === undefined)) {
    throw refuse('a client certificate needs its key, and a key its certificate');
  }
  const pem = async (source: string, what: string): Promise<string> => {
    if (source.includes('-----BEGIN ')) return source;
    const text = await readFile(source, 'utf8').catch((error: unknown) => {
      throw refuse(`${what} ${source} cannot be read (${errnoOf(error) ?? messageOf(error)})`, error);
    });
    if (!text.includes('-----BEGIN ')) throw refuse(`${what} ${source} has nothing in PEM form`);
    return text;
  };
  const settings = {
    ...(ca === undefined ? {} : { ca: await pem(ca, 'the authority') }),
    ...(cert === undefined ? {} : { cert: await pem(cert, 'the certificate') }),
    ...(key === undefined ? {} : { key: await pem(key, 'the key') }),
  };
  try {
    return createSecureContext(settings);
  } catch (error) {
    throw refuse(messageOf(error), error);
  }
}
