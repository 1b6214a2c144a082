import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareHost, isLoopback, isMetadataService, isPrivate } from './private-address.ts';

/** As redirects see hosts: after the URL parser, which knows all the old ways to write an IPv4 address. */
const hostOf = (host: string): string => new URL(`http://${host}/`).hostname;

test('loopback is localhost, what is below it, 127/8 and ::1, however it is written', () => {
  for (const host of [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1',
    '127.255.3.4',
    '0x7f.1',
    '2130706433',
    '017700000001',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[0:0:0:0:0:0:0:1]',
  ]) {
    assert.equal(isLoopback(hostOf(host)), true, host);
    assert.equal(isPrivate(hostOf(host)), true, host);
  }
  for (const host of ['localhost.example', 'notlocalhost', '128.0.0.1', '[::2]', '127.0.0.1.example']) {
    assert.equal(isLoopback(hostOf(host)), false, host);
  }
});

test('private are the ranges that are not routed', () => {
  for (const host of [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '0.0.0.0',
    '169.254.1.1',
    '198.18.0.1',
    '[fc00::1]',
    '[fd12::1]',
    '[fe80::1]',
    '[::]',
    '[::ffff:10.0.0.1]',
  ]) {
    assert.equal(isPrivate(hostOf(host)), true, host);
  }
  for (const host of [
    '8.8.8.8',
    '172.32.0.1',
    '11.0.0.1',
    '192.169.0.1',
    '[2001:db8::1]',
    'registry.example',
    '10.example',
  ]) {
    assert.equal(isPrivate(hostOf(host)), false, host);
  }
});

test('metadata services are known by name and address', () => {
  for (const host of [
    '169.254.169.254',
    '[fe80::a9fe:a9fe]',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '168.63.129.16',
    'metadata.google.internal',
    'METADATA.google.internal.',
    '[::ffff:169.254.169.254]',
  ]) {
    assert.equal(isMetadataService(hostOf(host)), true, host);
  }
  for (const host of ['10.0.0.1', '127.0.0.1', 'metadata.example', '[fd00::1]']) {
    assert.equal(isMetadataService(hostOf(host)), false, host);
  }
});

test('a bare host has no brackets, zone or final dot', () => {
  assert.equal(bareHost('[FE80::1%25eth0]'), 'fe80::1');
  assert.equal(bareHost('Registry.Example.'), 'registry.example');
});
