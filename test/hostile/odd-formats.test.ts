/** Docker's first format, layers that other servers hold, and runs after one that failed. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  answerWith,
  bearerAuth,
  buildImage,
  buildIndex,
  buildLayer,
  buildSchema1,
  changeReply,
  createCertificate,
  digestOf,
  extraBytes,
  type Fault,
  flipByte,
  helloImage,
  type Match,
  noHead,
  reply,
  sealManifest,
  type TestGraph,
  type TestImage,
  truncate,
} from 'dray/testing';
import type { Handler } from './listener.ts';
import { type HostileCase, imageOf, playAll, pulled, type Scene, type Stage } from './stage.ts';

const image = buildImage({
  flavour: 'docker',
  layers: [{ files: [{ name: 'a', content: 'a' }] }, { files: [{ name: 'b', content: 'b' }] }],
});
const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
const name = { name: 'app', tag: '1' };

type Options = Scene & { readonly faults?: readonly Fault[]; readonly limit?: number };

function first(
  title: string,
  expect: 'ok' | RegExp,
  graph: TestGraph,
  { faults = [], limit, ...scene }: Options = {},
): HostileCase {
  return {
    name: title,
    expect,
    limit,
    scene: (stage) => pulled(stage, graph, { holds: { layers: image.layers }, options: { faults }, ...scene }),
  };
}

/** The unsigned document, changed. */
function edited(change: (document: Record<string, unknown>) => unknown, mediaType?: string): TestGraph {
  const graph = buildSchema1(image, { ...name, signed: false });
  const document = JSON.parse(Buffer.from(graph.blobs.get(graph.root.digest) ?? '').toString()) as Record<
    string,
    unknown
  >;
  return sealManifest(change(document), { mediaType: mediaType ?? graph.root.mediaType, with: [graph] });
}

const signed = buildSchema1(image, name);
const served = (type: string): Fault =>
  changeReply({ kind: 'manifest' }, (answer) => ({ ...answer, headers: { ...answer.headers, 'content-type': type } }));

/** The signature says nothing about what was changed. */
function forged(): TestGraph {
  const text = Buffer.from(signed.blobs.get(signed.root.digest) ?? '').toString();
  return sealManifest(text.replace('"architecture": "amd64"', '"architecture": "arm64"'), {
    mediaType: SIGNED,
    with: [signed],
  });
}

playAll("docker's first format", [
  first('signed', 'ok', signed),
  first('signed, without the store', 'ok', signed, { flags: ['--no-store'] }),
  first('unsigned', 'ok', buildSchema1(image, { ...name, signed: false })),
  first('served as JSON', 'ok', signed, { faults: [served('application/json')] }),
  first('signed, served as unsigned', 'ok', signed, {
    faults: [served('application/vnd.docker.distribution.manifest.v1+json')],
  }),
  first(
    'unsigned, served as signed',
    'ok',
    edited((document) => document, SIGNED),
  ),
  first('no HEAD for blobs', 'ok', signed, { faults: [noHead({ kind: 'blob' })] }),
  first('an empty layer among them', 'ok', withEmpty()),
  first('an image that stands twice in a row', 'ok', repeated()),
  {
    name: 'by its digest, which is not that of the bytes',
    expect: 'ok',
    scene: async (stage) => {
      const registry = await stage.registry({ images: { 'app:1': signed } });
      return { pull: registry.reference(`app@${signed.root.digest}`), holds: { layers: image.layers, names: [] } };
    },
  },
  first('a signature of something else', /manifest verification failed|signature/, forged()),
  first(
    'a signature that is none',
    /signatures/,
    edited((document) => ({ ...document, signatures: [{}] })),
  ),
  first(
    'no signatures in the list',
    /signatures/,
    edited((document) => ({ ...document, signatures: [] })),
  ),
  first(
    'more layers than history',
    /3 layers, but a history of 2/,
    edited(({ fsLayers, ...rest }) => ({
      ...rest,
      fsLayers: [...(fsLayers as readonly unknown[]), { blobSum: image.layers[0]?.digest }],
    })),
  ),
  first(
    'no layers',
    /layers/,
    edited((document) => ({ ...document, fsLayers: [], history: [] })),
  ),
  first(
    'a chain that is broken',
    /parent of the image/,
    edited(({ history, ...rest }) => ({ ...rest, history: (history as readonly unknown[]).toReversed() })),
  ),
  first(
    'history that is no JSON',
    /v1Compatibility/,
    edited(({ history, ...rest }) => ({
      ...rest,
      history: (history as readonly unknown[]).map(() => ({ v1Compatibility: '{' })),
    })),
  ),
  first(
    'a layer that leads out of the folder',
    /blobSum/,
    edited(({ fsLayers, ...rest }) => ({
      ...rest,
      fsLayers: (fsLayers as readonly unknown[]).map(() => ({ blobSum: 'sha256:../../x' })),
    })),
  ),
  first(
    'layers of another format beside it',
    /ambiguous/,
    edited((document) => ({ ...document, layers: [] })),
  ),
  first('a layer that is not there', /blob .* not found/, signed, {
    faults: [answerWith({ kind: 'blob' }, () => reply(404, {}))],
  }),
  first('a layer of other bytes', /digest/, signed, { faults: [flipByte(20, { kind: 'blob' })] }),
  first('no sizes', /does not say how large/, signed, {
    faults: [changeReply({ kind: 'blob' }, (answer) => ({ ...answer, delivery: { framing: 'chunked' } }))],
  }),
]);

/** On top an image without a layer of its own, as docker wrote ENV and CMD. */
function withEmpty(): TestGraph {
  const empty = buildLayer({ files: [] });
  return edited(({ fsLayers, history, ...rest }) => {
    const config = {
      id: 'e'.repeat(64),
      parent: '2'.padStart(64, '0'),
      throwaway: true,
      architecture: 'amd64',
      os: 'linux',
    };
    return {
      ...rest,
      fsLayers: [{ blobSum: empty.digest }, ...(fsLayers as readonly unknown[])],
      history: [{ v1Compatibility: JSON.stringify(config) }, ...(history as readonly unknown[])],
    };
  });
}

function repeated(): TestGraph {
  const twice = (list: unknown): readonly unknown[] =>
    (list as readonly unknown[]).flatMap((entry, at) => (at === 0 ? [entry, entry] : [entry]));
  return edited(({ fsLayers, history, ...rest }) => ({ ...rest, fsLayers: twice(fsLayers), history: twice(history) }));
}

const authority = createCertificate({ name: 'authority', authority: true });
const certificate = createCertificate({ hosts: ['127.0.0.1'], issuer: authority });

interface Foreign {
  readonly answer?: Handler;
  /** `{away}` is the other server's host and port. */
  readonly urls?: readonly string[];
  readonly trusted?: boolean;
  /** Requests that the other server must have had. */
  readonly seen?: number;
  readonly limit?: number;
}

const base = { files: [{ name: 'base', content: 'base' }] };
const bytes = buildLayer(base).bytes;

/** An image with a layer that the registry does not have. The registry knows a user, whom the other server must not learn of. */
function foreign(title: string, expect: 'ok' | RegExp, options: Foreign = {}): HostileCase {
  const {
    answer = (_, response) => response.end(bytes),
    urls = ['https://{away}/layer'],
    trusted = true,
    seen,
    limit,
  } = options;
  return {
    name: title,
    expect,
    limit,
    scene: async (stage) => {
      const away = await stage.stranger(answer, { tls: certificate });
      const plain = await stage.stranger(answer);
      const places = urls.map((url) => url.replace('{away}', away.host).replace('{plain}', plain.host));
      const withForeign = buildImage({
        flavour: 'docker',
        layers: [{ ...base, foreign: { urls: places } }, { files: [{ name: 'own', content: 'own' }] }],
      });
      const registry = await stage.registry({
        images: { 'app:1': withForeign },
        auth: bearerAuth({ users: { anna: 'pass-w0rd-of-anna' } }),
      });
      const pull = registry.reference('app:1');
      writeFileSync(join(stage.folder, 'authority.pem'), authority.cert);
      return {
        pull,
        holds: imageOf(withForeign, pull),
        config: stage.login(registry.host),
        env: trusted ? { SSL_CERT_FILE: join(stage.folder, 'authority.pem') } : {},
        check: () => {
          assert.equal(plain.requests.length, 0, 'asked without TLS');
          if (seen !== undefined) assert.equal(away.requests.length, seen);
        },
      };
    },
  };
}

const asking =
  (challenge: string): Handler =>
  ({ headers }, response) =>
    response
      .writeHead(401, { 'www-authenticate': challenge.replace('{host}', String(headers.host)) })
      .end('who are you?');

const nor = /nor at its other addresses/;

playAll('layers that others hold', [
  foreign('over https', 'ok', { seen: 1 }),
  foreign('the second of two addresses', 'ok', { urls: ['https://127.0.0.1:1/layer', 'https://{away}/layer'] }),
  foreign('an address of no use before', 'ok', {
    urls: ['http://{plain}/layer', 'not an address', 'file:///etc/passwd', 'https://{away}/layer'],
  }),
  foreign('over http', nor, { urls: ['http://{plain}/layer'] }),
  foreign('a file', nor, { urls: ['file:///etc/passwd'] }),
  foreign('with a user', nor, { urls: ['https://anna:x@{away}/layer'], seen: 0 }),
  foreign("a cloud's metadata service", nor, { urls: ['https://169.254.169.254/latest/'] }),
  foreign('no address', /not found/, { urls: [] }),
  foreign('a thousand addresses', nor, {
    urls: Array.from({ length: 1000 }, (_, at) => `https://127.0.0.1:1/${at}`),
    limit: 30,
  }),
  foreign('a certificate that nobody trusts', nor, { trusted: false, seen: 0 }),
  foreign('asks for Basic', nor, { answer: asking('Basic realm="x"'), seen: 1 }),
  foreign('asks for Bearer', nor, { answer: asking('Bearer realm="https://{host}/token",service="s"'), seen: 1 }),
  foreign('asks for a token of the registry', nor, {
    answer: asking('Bearer realm="http://127.0.0.1/token",service="test-registry",scope="repository:app:pull"'),
    seen: 1,
  }),
  foreign('sends to plain http', nor, {
    answer: ({ headers }, response) => void response.writeHead(302, { location: `http://${headers.host}/layer` }).end(),
    seen: 1,
  }),
  foreign('other bytes', /digest/, { answer: (_, response) => void response.end(Buffer.alloc(bytes.length, 'x')) }),
  foreign('too many bytes', /bytes/, {
    answer: (_, response) => void response.end(Buffer.alloc(bytes.length + 1, 'x')),
  }),
  foreign('not there', nor, { answer: (_, response) => void response.writeHead(404).end(), seen: 1 }),
]);

const wrong: TestImage = buildImage({
  layers: [base],
  editConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }),
});

function again(title: string, expect: 'ok' | RegExp, graph: TestGraph, more: Scene = {}): HostileCase {
  return { name: title, expect, scene: (stage: Stage) => pulled(stage, graph, { times: 2, ...more }) };
}

const broken = Buffer.concat([buildLayer(base).bytes.subarray(0, 60), Buffer.alloc(60, 'x')]);
const corrupt = ofBytes(broken);

/** An image with one layer of these bytes, whatever they are. */
function ofBytes(content: Uint8Array): TestImage {
  const layer = { ...buildLayer(base), bytes: content, digest: digestOf(content) };
  return buildImage({ layers: [layer] });
}

playAll('twice', [
  again('an image', 'ok', image),
  again('an image, without the store', 'ok', image, { flags: ['--no-store'] }),
  again('a wrong diff_id', /uncompressed/, wrong),
  again('a wrong diff_id, without the store', /uncompressed/, wrong, { flags: ['--no-store'] }),
  again('a layer that cannot be unpacked', /layer/, corrupt),
  again('a layer that cannot be unpacked, without the store', /layer/, corrupt, { flags: ['--no-store'] }),
  again('zeros behind a layer', 'ok', ofBytes(Buffer.concat([buildLayer(base).bytes, Buffer.alloc(512)]))),
  again(
    'something behind a layer',
    /layer/,
    ofBytes(Buffer.concat([buildLayer(base).bytes, Buffer.from('something')])),
  ),
]);

const hello = helloImage('amd64');

/** Wrong once, where it would be refused for good if it stayed so. */
function once(what: string, match: Match): readonly HostileCase[] {
  const faults: readonly (readonly [string, Fault])[] = [
    ['cut under a length of its own', truncate(100, match)],
    ['longer', extraBytes(5, { ...match, announced: true })],
    ['empty', truncate(0, match)],
    ['a page of HTML', answerWith(match, () => reply(200, { 'content-type': 'text/html' }, '<html>try later</html>'))],
    ['flipped', flipByte(50, match)],
  ];
  return faults.map(([how, fault]) => ({
    name: `${what}: ${how}`,
    expect: 'ok',
    scene: (stage) => pulled(stage, buildIndex([hello]), { holds: hello, options: { faults: [fault] } }),
  }));
}

playAll('wrong once', [
  ...once('layer', { kind: 'blob', reference: hello.layers[0]?.digest, times: 1 }),
  ...once('config', { kind: 'blob', reference: hello.config.digest, times: 1 }),
  ...once('index', { kind: 'manifest', times: 1 }),
  ...once('manifest', { kind: 'manifest', reference: hello.root.digest, times: 1 }),
]);
