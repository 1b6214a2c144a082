import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiarName, familiarString, fullName, fullString, referenceLabel } from './format.ts';
import { parseReference } from './parse.ts';

const HEX = '86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa';
const DIGEST = `sha256:${HEX}`;

/** As written; familiar and full name. */
const NAMES: readonly (readonly [text: string, familiar: string, full: string])[] = [
  ['index.docker.io/fooo/bar', 'fooo/bar', 'docker.io/fooo/bar'],
  ['library/ubuntu', 'ubuntu', 'docker.io/library/ubuntu'],
  ['ubuntu', 'ubuntu', 'docker.io/library/ubuntu'],
  ['nonlibrary/ubuntu', 'nonlibrary/ubuntu', 'docker.io/nonlibrary/ubuntu'],
  ['other/library', 'other/library', 'docker.io/other/library'],
  ['127.0.0.1:8000/private/moonbase', '127.0.0.1:8000/private/moonbase', '127.0.0.1:8000/private/moonbase'],
  ['127.0.0.1:8000/privatebase', '127.0.0.1:8000/privatebase', '127.0.0.1:8000/privatebase'],
  ['example.com/private/moonbase', 'example.com/private/moonbase', 'example.com/private/moonbase'],
  ['example.com/library/x', 'example.com/library/x', 'example.com/library/x'],
  ['index.docker.io/library/ubuntu-12.04-base', 'ubuntu-12.04-base', 'docker.io/library/ubuntu-12.04-base'],
  ['docker.io/foo', 'foo', 'docker.io/library/foo'],
  ['docker.io/library/foo/bar', 'library/foo/bar', 'docker.io/library/foo/bar'],
  ['store/foo/bar', 'store/foo/bar', 'docker.io/store/foo/bar'],
  ['library/library', 'library', 'docker.io/library/library'],
  ['Foo/bar', 'Foo/bar', 'Foo/bar'],
  ['FOO/bar', 'FOO/bar', 'FOO/bar'],
  ['[::1]:5000/x', '[::1]:5000/x', '[::1]:5000/x'],
  ['localhost:5000', 'localhost', 'docker.io/library/localhost'],
  // Shorter, these would be read as another name.
  ['docker.io/localhost/x', 'docker.io/localhost/x', 'docker.io/localhost/x'],
  ['docker.io/a.b/x', 'docker.io/a.b/x', 'docker.io/a.b/x'],
  [`docker.io/${HEX}`, `docker.io/library/${HEX}`, `docker.io/library/${HEX}`],
];

test('names are shown as docker shows them', () => {
  for (const [text, familiar, full] of NAMES) {
    const reference = parseReference(text);
    assert.equal(familiarName(reference), familiar, text);
    assert.equal(fullName(reference), full, text);
  }
});

test('with tag and digest', () => {
  for (const suffix of ['', ':3.20', `@${DIGEST}`, `:3.20@${DIGEST}`]) {
    const reference = parseReference(`alpine${suffix}`);
    assert.equal(familiarString(reference), `alpine${suffix}`);
    assert.equal(fullString(reference), `docker.io/library/alpine${suffix}`);
    assert.equal(familiarName(reference), 'alpine');
  }
});

test('what stands before "Pulling from"', () => {
  const labels = {
    alpine: 'latest',
    'alpine:3.20': '3.20',
    [`localhost:5000/hello@${DIGEST}`]: `localhost:5000/hello@${DIGEST}`,
    [`alpine@${DIGEST}`]: `docker.io/library/alpine@${DIGEST}`,
    [`alpine:3.20@${DIGEST}`]: `docker.io/library/alpine@${DIGEST}`,
  };
  for (const [text, label] of Object.entries(labels)) assert.equal(referenceLabel(parseReference(text)), label);
});
