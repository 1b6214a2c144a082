// Checks an image archive byte by byte, with nothing of dray: what the demo's promise rests on.
import { createHash } from 'node:crypto';
import { Failure } from './run.mjs';

const BLOCK = 512;

/**
 * Throws a Failure unless every byte of the archive is accounted for: headers by their checksums, blobs by the digests that are their
 * names, tables by holding nothing but what `graph` (of dray/testing), the reference and the platform make of them, padding by being zero.
 * Gives the names of the files inside.
 */
export function verifyArchive(archive, { graph, reference, platform }) {
  const files = readTar(archive);
  const image = imageOf(graph, platform);
  const known = knownWords({ graph, reference, platform });
  for (const [name, content] of files) {
    if (name.startsWith('blobs/')) checkBlob(name, content, graph);
    else checkTable(name, content, known);
  }
  const needed = [image.manifest, image.config, ...image.layers].map(blobPath);
  for (const name of ['oci-layout', 'index.json', 'manifest.json', ...needed])
    expect(files.has(name), `${name} is missing`);
  const [entry] = JSON.parse(files.get('manifest.json'));
  expect(entry.Config === blobPath(image.config), 'manifest.json names another config');
  expect(String(entry.Layers) === String(image.layers.map(blobPath)), 'manifest.json names other layers');
  expect(String(entry.RepoTags) === reference, 'manifest.json names another image');
  const [root] = JSON.parse(files.get('index.json')).manifests;
  expect(root.digest === image.manifest, 'index.json names another image');
  return [...files.keys()];
}

/** Files by name. A header that was changed in one byte has another sum. */
function readTar(archive) {
  const files = new Map();
  expect(archive.length % BLOCK === 0, 'its length is no multiple of 512');
  let at = 0;
  while (archive[at] !== 0 && at < archive.length) {
    const header = archive.subarray(at, at + BLOCK);
    const text = (start, end) => header.toString('latin1', start, end);
    const field = text(148, 156);
    expect(/^[0-7]{6}\0 $/.test(field), `the header at ${at} has no checksum`);
    const others =
      header.reduce((sum, byte) => sum + byte, 0) - header.subarray(148, 156).reduce((sum, byte) => sum + byte, 0);
    expect(Number.parseInt(field, 8) === others + 8 * 32, `the header at ${at} does not have the sum that it says`);
    const name = text(0, 100).replace(/\0+$/, '');
    const size = Number.parseInt(text(124, 135), 8);
    const end = at + BLOCK + size;
    if (text(156, 157) === '0') {
      expect(!files.has(name), `${name} is there twice`);
      files.set(name, archive.subarray(at + BLOCK, end));
    } else expect(text(156, 157) === '5' && size === 0, `${name} is neither file nor folder`);
    at = Math.ceil(end / BLOCK) * BLOCK;
    expect(isZero(archive.subarray(end, at)), `the padding behind ${name} is not zero`);
  }
  expect(archive.length - at >= 2 * BLOCK && isZero(archive.subarray(at)), 'it does not end with zeros');
  return files;
}

function checkBlob(name, content, graph) {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  expect(name === blobPath(digest), `${name} holds ${digest}`);
  expect(graph.blobs.has(digest), `${name} is not part of the image`);
}

/** A table is compact JSON whose every word is one that this image explains: no other byte can stand in for one of its bytes. */
function checkTable(name, content, known) {
  expect(['oci-layout', 'index.json', 'manifest.json', 'repositories'].includes(name), `${name} does not belong there`);
  const text = content.toString();
  const value = parse(name, text);
  expect(text.replace(/\n$/, '') === JSON.stringify(value), `${name} is not compact JSON`);
  const visit = (part) => {
    if (part === null || typeof part !== 'object') {
      expect(known.has(part), `${name} says ${JSON.stringify(part)}, which this image does not explain`);
      return;
    }
    for (const [key, below] of Object.entries(part)) {
      if (!Array.isArray(part)) expect(known.has(key), `${name} has the key ${JSON.stringify(key)}`);
      visit(below);
    }
  };
  visit(value);
}

function parse(name, text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`${name} is not JSON`);
  }
}

const KEYS = [
  ...[
    'imageLayoutVersion',
    'schemaVersion',
    'mediaType',
    'manifests',
    'digest',
    'size',
    'annotations',
    'platform',
    'os',
    'architecture',
  ],
  ...['io.containerd.image.name', 'org.opencontainers.image.ref.name', 'Config', 'RepoTags', 'Layers'],
];

/** Every key, text and number that the tables of this image may have. */
function knownWords({ graph, reference, platform }) {
  const colon = reference.lastIndexOf(':');
  const digests = [...graph.blobs.keys()];
  const sizes = [...graph.blobs.values()].map((bytes) => bytes.length);
  const types = ['application/vnd.oci.image.index.v1+json', ...graph.manifests.values()];
  const names = [reference, reference.slice(0, colon), reference.slice(colon + 1), ...platform.split('/')];
  const paths = digests.flatMap((digest) => [digest, blobPath(digest), digest.slice('sha256:'.length)]);
  return new Set([...KEYS, '1.0.0', 2, ...names, ...types, ...sizes, ...paths]);
}

/** What the index has for the platform. */
function imageOf(graph, platform) {
  const document = (digest) => JSON.parse(Buffer.from(graph.blobs.get(digest)).toString());
  const wanted = document(graph.root.digest).manifests.find(
    (entry) => `${entry.platform.os}/${entry.platform.architecture}` === platform,
  );
  const { config, layers } = document(wanted.digest);
  return { manifest: wanted.digest, config: config.digest, layers: layers.map((layer) => layer.digest) };
}

function blobPath(digest) {
  return `blobs/${digest.replace(':', '/')}`;
}

function isZero(bytes) {
  return bytes.every((byte) => byte === 0);
}

function expect(holds, complaint) {
  if (!holds) throw new Failure(`The archive is not what was pulled: ${complaint}.`);
}
