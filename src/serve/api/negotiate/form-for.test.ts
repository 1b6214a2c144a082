import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DOCKER_LIST as LIST,
  OCI_INDEX,
  OCI_MANIFEST,
  SCHEMA1_MANIFEST as V1,
  SCHEMA1_SIGNED_MANIFEST as V1_SIGNED,
  DOCKER_MANIFEST as V2,
} from '#oci';
import { type Form, formFor } from './form-for.ts';

const CURL = '*/*';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const DOCKER_1_6 = `${V1_SIGNED}, ${V1}, application/json`;
const DOCKER_1_10 = `${V2}, ${LIST}, application/json, ${V1_SIGNED}`;
const CONTAINERD = `${V2}, ${LIST}, ${OCI_MANIFEST}, ${OCI_INDEX}, */*`;

/** What is kept, the Accept header, the form; the form where schema1 is switched off, if that is another one. */
const ROWS: readonly (readonly [stored: string, accept: string | undefined, form: Form, off?: Form])[] = [
  [V2, undefined, 'schema1', 'stored'],
  [V2, '', 'schema1', 'stored'],
  [V2, CURL, 'schema1', 'stored'],
  [V2, BROWSER, 'schema1', 'stored'],
  [V2, 'application/json', 'schema1', 'stored'],
  [V2, V1, 'schema1', 'stored'],
  [V2, V1_SIGNED, 'schema1', 'stored'],
  [V2, DOCKER_1_6, 'schema1', 'stored'],
  [V2, V2, 'stored'],
  [V2, V2.toUpperCase(), 'stored'],
  [V2, `${V1_SIGNED};q=1, ${V2};q=0.1`, 'stored'],
  [V2, `*/*, ${V2}`, 'stored'],
  [V2, LIST, 'stored'],
  [V2, OCI_MANIFEST, 'stored'],
  [V2, DOCKER_1_10, 'stored'],
  [V2, CONTAINERD, 'stored'],
  [V2, 'any', 'stored'],
  [LIST, undefined, 'schema1 of the child', 'stored'],
  [LIST, CURL, 'schema1 of the child', 'stored'],
  [LIST, DOCKER_1_6, 'schema1 of the child', 'stored'],
  [LIST, V2, 'child'],
  [LIST, `${V2},*/*`, 'child'],
  [LIST, `${V2}, ${OCI_MANIFEST}`, 'child'],
  [LIST, `${V1_SIGNED}, ${V2}`, 'child'],
  [LIST, LIST, 'stored'],
  [LIST, DOCKER_1_10, 'stored'],
  [LIST, OCI_INDEX, 'stored'],
  [LIST, 'any', 'stored'],
  ...[OCI_MANIFEST, OCI_INDEX, 'application/vnd.example.thing+json'].flatMap((stored) =>
    [undefined, CURL, V2, `${V2}, ${LIST}`, DOCKER_1_6, 'text/plain', 'any'].map(
      (accept) => [stored, accept, 'stored'] as const,
    ),
  ),
  [V1, undefined, 'signed'],
  [V1, 'any', 'signed'],
  [V1_SIGNED, V2, 'signed'],
];

test('the form that a client is answered in', () => {
  for (const [stored, accept, form, off = form] of ROWS) {
    assert.equal(formFor(stored, accept, 'signed'), form, `${stored} for ${accept}`);
    assert.equal(formFor(stored, accept, 'off'), off, `${stored} for ${accept}, without schema1`);
  }
});
