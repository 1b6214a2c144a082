const MASK = '***';
/** Parameters that open something: tokens, signatures of presigned URLs, state of uploads. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  '_state',
  'access_token',
  'api_key',
  'apikey',
  'auth',
  'authorization',
  'client_secret',
  'code',
  'id_token',
  'jwt',
  'key',
  'passwd',
  'password',
  'pwd',
  'refresh_token',
  'secret',
  'sig',
  'signature',
  'token',
  'x-amz-credential',
  'x-amz-security-token',
  'x-amz-signature',
  'x-goog-signature',
]);

/** A path and query as logs may show it: values of parameters that open something, and a name and password before a host, are `***`. */
export function maskedUrl(url: string): string {
  const own = url.startsWith('/') ? url : url.replace(/^([^/?#]*\/\/)[^/?#]*@/, `$1${MASK}@`);
  const mark = own.indexOf('?');
  if (mark < 0) return own;
  const parts = own.slice(mark + 1).split(/([&;])/);
  return `${own.slice(0, mark + 1)}${parts.map(maskedPair).join('')}`;
}

function maskedPair(pair: string): string {
  const equals = pair.indexOf('=');
  if (equals < 0) return pair;
  return SECRET_PARAMETERS.has(parameterName(pair.slice(0, equals))) ? `${pair.slice(0, equals)}=${MASK}` : pair;
}

function parameterName(text: string): string {
  if (!text.includes('%')) return text.toLowerCase();
  try {
    return decodeURIComponent(text).toLowerCase();
  } catch {
    // What nobody can read may be anything.
    return 'token';
  }
}
