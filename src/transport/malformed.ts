/** What came is not HTTP/1.1 as RFC 9112 wants it. Internal: whoever knows the request makes a BAD_RESPONSE of it. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
