/** What a byte that is no UTF-8 becomes: a lone surrogate, which no text has. */
const ESCAPE = 0xdc00;

/**
 * Bytes as text that gives the same bytes back with `encodeRaw`: UTF-8, and each byte that is none as a lone surrogate of U+DC80 to U+DCFF.
 * So names in Latin-1 and attributes of any bytes survive.
 */
export function decodeRaw(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let raw = '';
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceAt(buffer, at);
    raw += length === 0 ? String.fromCharCode(ESCAPE + (buffer[at] ?? 0)) : buffer.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return raw;
}

/** The bytes that `text` came from. */
export function encodeRaw(text: string): Uint8Array {
  if (!isEscaped(text)) return Buffer.from(text);
  const parts: Uint8Array[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    const escaped = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Uint8Array.of(code - ESCAPE) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

/** True for text with a byte in it that was no UTF-8. */
export function isEscaped(text: string): boolean {
  return /[\ud800-\udfff]/.test(text) && /(?:^|[^\ud800-\udbff])[\udc80-\udcff]/.test(text);
}

/** Bytes of the well-formed UTF-8 sequence that begins here; 0 where none does. */
function sequenceAt(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > buffer.length) return 0;
  const whole = buffer.toString('utf8', at, at + length);
  if (whole !== '\ufffd') return whole.includes('\ufffd') ? 0 : length;
  return buffer[at] === 0xef && buffer[at + 1] === 0xbf && buffer[at + 2] === 0xbd ? 3 : 0;
}
