import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Digest } from '#oci';
import { descriptorOf } from './descriptor-of.ts';
import type { TestGraph } from './graph.ts';
import type { TestImage } from './image.ts';

export interface Schema1Options {
  readonly name: string;
  readonly tag: string;
  /** With signatures, as registries send it; true by default. */
  readonly signed?: boolean;
}

/**
 * The schema1 form of an image, as old registries hold it: layers and history newest first, no config blob. Signed, its digest is that of
 * the payload, not of the bytes that are served, and the signature differs at every call.
 * See the distribution project's manifest-v2-1 document.
 */
export function buildSchema1(image: TestImage, options: Schema1Options): TestGraph {
  const payload = JSON.stringify(schema1Document(image, options), null, 3);
  const signed = options.signed !== false;
  const mediaType = `application/vnd.docker.distribution.manifest.v1+${signed ? 'prettyjws' : 'json'}`;
  const root = descriptorOf(mediaType, Buffer.from(payload));
  const blobs = new Map<Digest, Uint8Array>(image.layers.map((layer) => [layer.digest, layer.bytes]));
  blobs.set(root.digest, Buffer.from(signed ? signPayload(payload) : payload));
  return { root, blobs, manifests: new Map([[root.digest, mediaType]]) };
}

function schema1Document(image: TestImage, options: Schema1Options): Record<string, unknown> {
  const configBytes = image.blobs.get(image.config.digest) ?? new Uint8Array();
  const config = JSON.parse(Buffer.from(configBytes).toString()) as Record<string, unknown>;
  const { rootfs: _rootfs, history: _history, ...top } = config;
  const history = image.layers.map((_, index) => {
    const id = String(index + 1).padStart(64, '0');
    const parent = index === 0 ? {} : { parent: String(index).padStart(64, '0') };
    const own = index === image.layers.length - 1 ? top : { created: config['created'] };
    return {
      v1Compatibility: JSON.stringify({ id, ...parent, ...own, container_config: { Cmd: [`layer ${index}`] } }),
    };
  });
  return {
    schemaVersion: 1,
    name: options.name,
    tag: options.tag,
    architecture: image.platform.architecture,
    fsLayers: image.layers.map((layer) => ({ blobSum: layer.digest })).toReversed(),
    history: history.toReversed(),
  };
}

/** The signatures stand inside the signed JSON object: `protected` says where they were put in and what came after them. */
function signPayload(payload: string): string {
  const head = payload.slice(0, payload.lastIndexOf('\n}'));
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const protectedPart = base64({
    formatLength: Buffer.byteLength(head),
    formatTail: Buffer.from('\n}').toString('base64url'),
    time: '2026-01-01T00:00:00Z',
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = `${protectedPart}.${Buffer.from(payload).toString('base64url')}`;
  const signature = {
    header: { jwk: publicJwk(publicKey), alg: 'ES256' },
    signature: sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
    protected: protectedPart,
  };
  const lines = JSON.stringify([signature], null, 3).replaceAll('\n', '\n   ');
  return `${head},\n   "signatures": ${lines}\n}`;
}

function publicJwk(key: KeyObject): Record<string, unknown> {
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  return { crv, kid: 'TEST:TEST:TEST', kty, x, y };
}
