import { DrayError, type ErrorCode, isDrayError, messageOf } from '#errors';
import { cleanText } from '#transport';
import type { Dialer } from './dial-engine.ts';

/** Characters of what an engine says that go into a message; programs find up to `DETAIL` in the detail. */
const MESSAGE = 1000;
const DETAIL = 16_384;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_OPTION',
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
  501: 'UNSUPPORTED',
};

const NO_ENGINE_HINT = 'is it an engine that listens there?';
const CERTIFICATE_HINT = 'it may want a client certificate that it trusts: cert.pem and key.pem in DOCKER_CERT_PATH';

/** What a connection that ends without an answer may mean. */
const LOST_HINTS: Partial<Readonly<Record<Dialer['wire'], string>>> = {
  tcp: 'if it wants TLS, set DOCKER_TLS_VERIFY=1',
  tls: CERTIFICATE_HINT,
};

/** Facts of an exchange for its messages. `what` is `GET /images/json`, without the query: that may have secrets. */
export interface ExchangeFacts {
  readonly what: string;
  readonly dialer: Dialer;
}

/** An answer of 400 and above. `detail` has the status and the engine's own message. */
export function refusedBy(status: number, body: Uint8Array, { what, dialer }: ExchangeFacts): DrayError {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const message = messageIn(text);
  if (status === 400 && text.startsWith('Client sent an HTTP request to an HTTPS server')) return wantsTls(dialer);
  const code = CODES[status] ?? (status >= 500 ? 'SERVER_FAILED' : 'BAD_RESPONSE');
  const said = message === '' ? 'without a word' : cleanText(message, MESSAGE);
  const hint = hintFor(status, text, message);
  return new DrayError(code, `${dialer.name} answered ${status} to ${what}: ${said}`, {
    ...(hint === undefined ? {} : { hint }),
    detail: { status, message: message.slice(0, DETAIL) },
  });
}

/** The `message` of docker's JSON; of HTML, as proxies send it, its title; any other text as it is. */
function messageIn(text: string): string {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null && 'message' in found && typeof found.message === 'string') {
      return found.message.trim();
    }
  } catch {
    // not an engine's
  }
  if (!/^\s*</.test(text)) return text.trim();
  const title = /<(?:title|h1)[^>]*>([^<]*)</i.exec(text)?.[1]?.trim() ?? '';
  return `a page in HTML${title === '' ? '' : ` (${title})`}, as a proxy or a web server sends it`;
}

function hintFor(status: number, text: string, message: string): string | undefined {
  // Engines say in JSON what is missing, in words where they were to hand over the connection, and nothing to HEAD.
  if (status === 404 && text !== '' && !/^\s*(?:\{|No such )/.test(text)) return NO_ENGINE_HINT;
  if (/client version \S+ is too (?:new|old)/.test(message)) {
    return `say version: 'negotiate', or pin one that the engine takes (DOCKER_API_VERSION)`;
  }
  return status === 407
    ? 'a proxy stands between: give its credentials in HTTP_PROXY, or the engine in NO_PROXY'
    : undefined;
}

/** An engine that was asked in plain over TCP and answers in TLS. */
export const wantsTls = ({ name }: Dialer, cause?: unknown): DrayError =>
  new DrayError('TLS_FAILED', `${name} wants TLS, and was asked without`, {
    hint: 'set DOCKER_TLS_VERIFY=1 and, for its certificates, DOCKER_CERT_PATH',
    cause,
  });

/** An exchange that broke before its answer, or (`during`) in it. A DrayError passes as it is. */
export function brokenExchange(error: unknown, facts: ExchangeFacts, during = false): DrayError {
  if (isDrayError(error)) return error;
  const { what, dialer } = facts;
  const { code = '', rawPacket } = error as NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array };
  // the first byte of an alert, or of a handshake
  if (dialer.wire === 'tcp' && (rawPacket?.[0] === 0x15 || rawPacket?.[0] === 0x16)) return wantsTls(dialer, error);
  if (/^(?:ERR_SSL_|ERR_TLS_)/.test(code)) {
    const message = `${dialer.name} ended TLS at ${what} (${code.replace(/^ERR_SSL_/, '')})`;
    return new DrayError('TLS_FAILED', message, { hint: CERTIFICATE_HINT, cause: error });
  }
  if (/^HPE_(?!INVALID_EOF)/.test(code)) {
    const found = code === 'HPE_HEADER_OVERFLOW' ? 'with a head that is too long' : 'with something that is no HTTP';
    const begins =
      rawPacket === undefined
        ? ''
        : ` (${JSON.stringify(cleanText(Buffer.from(rawPacket.subarray(0, 200)).toString('latin1'), 60))})`;
    return new DrayError('BAD_RESPONSE', `${dialer.name} answered ${what} ${found}${begins}`, {
      hint: NO_ENGINE_HINT,
      cause: error,
    });
  }
  if (
    /^ERR_(?:INVALID_CHAR|INVALID_HTTP_TOKEN|HTTP_INVALID_HEADER_VALUE|UNESCAPED_CHARACTERS|INVALID_ARG)/.test(code)
  ) {
    return new DrayError('INVALID_OPTION', `${what} cannot be asked: ${cleanText(messageOf(error))}`, { cause: error });
  }
  const when = during ? 'in the middle of its answer' : 'before it answered';
  const hint = during ? undefined : LOST_HINTS[dialer.wire];
  return new DrayError('CONNECTION_LOST', `${what}: ${dialer.name} closed the connection ${when}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
