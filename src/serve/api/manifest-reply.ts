import type { Exchange, RawHeaders } from '../http/exchange.ts';
import type { StoredManifest } from '../storage/port.ts';
import { matchesEtag } from './etag.ts';

/** The headers of answers with a manifest; made once for as long as the storage gives the same object. */
interface Ready {
  readonly facts: RawHeaders;
  readonly whole: RawHeaders;
}

const ready = new WeakMap<StoredManifest, Ready>();

/** Answers GET and HEAD with a manifest, or with 304 to whoever has it. */
export function replyManifest(exchange: Exchange, manifest: StoredManifest): void {
  let headers = ready.get(manifest);
  if (headers === undefined) {
    headers = headersOf(exchange, manifest);
    ready.set(manifest, headers);
  }
  const condition = exchange.message.headers['if-none-match'];
  if (condition !== undefined && matchesEtag(condition, manifest.digest)) return exchange.reply(304, headers.facts);
  exchange.send(200, headers.whole, manifest.bytes);
}

function headersOf(exchange: Exchange, { digest, mediaType, bytes }: StoredManifest): Ready {
  const facts = ['Content-Type', mediaType, 'Docker-Content-Digest', digest, 'Etag', `"${digest}"`];
  return { facts, whole: exchange.withLength(facts, bytes.length) };
}
