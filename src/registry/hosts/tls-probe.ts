import { connect } from 'node:net';

/** Milliseconds that a server on this machine gets to answer. */
const PATIENCE = 1_000;

/**
 * The first message of TLS (RFC 5246, 7.4.1.2), as short as can be. Servers that speak it answer with a record, be it an alert. Its random bytes
 * hold the end of an HTTP head, so that servers that wait for one have it, and answer too.
 */
const CLIENT_HELLO: Uint8Array = Buffer.concat([
  // handshake record, TLS 1.0, 63 bytes; ClientHello, 59 bytes, TLS 1.2
  Buffer.from([0x16, 3, 1, 0, 63, 1, 0, 0, 59, 3, 3]),
  Buffer.from('is this TLS or plain HTTP?\r\n\r\n..', 'latin1'),
  // no session; ten ciphers, from TLS 1.3 down to what everybody knows; no compression
  Buffer.from([0, 0, 20]),
  Buffer.from('130113021303c02bc02fc030cca9009c002f00ff', 'hex'),
  Buffer.from([1, 0]),
]);

/**
 * What a server on this machine speaks: found out for the price of a connection, where a TLS library that must be loaded first costs as much as
 * the whole rest of a short command. `unknown` when it cannot be reached, closes or says nothing.
 */
export function probeTls(url: URL): Promise<'tls' | 'plain' | 'unknown'> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
    const socket = connect({ host, port });
    const finish = (found: 'tls' | 'plain' | 'unknown'): void => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(PATIENCE, () => finish('unknown'));
    socket.once('error', () => finish('unknown'));
    socket.once('close', () => finish('unknown'));
    socket.once('connect', () => socket.write(CLIENT_HELLO));
    // A record begins with its type: 21 is an alert, 22 a handshake message.
    socket.once('data', (bytes) => finish(bytes[0] === 21 || bytes[0] === 22 ? 'tls' : 'plain'));
  });
}
