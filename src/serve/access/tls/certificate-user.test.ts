import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createCertificate } from '#testing';
import type { CertificateField } from '../options.ts';
import { nameIn } from './certificate-user.ts';

/** O=Dray, CN=robot, email:robot@example.com, URI:spiffe://example.com/robot, DNS:robot.example.com */
const ROBOT = `-----BEGIN CERTIFICATE-----
MIIB4zCCAYqgAwIBAgIUeWBfVFOh2QHdi8x7pT6G+KS7u4gwCgYIKoZIzj0EAwIw
HzENMAsGA1UECgwERHJheTEOMAwGA1UEAwwFcm9ib3QwIBcNMjYxMTIxMTYwNzQ4
WhgPMjEyNjEwMjgxNjA3NDhaMB8xDTALBgNVBAoMBERyYXkxDjAMBgNVBAMMBXJv
Ym90MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQdgrqqo+yDA+BGBawtkVLWAv
HVmAHPoVYZvaxSQrbgfdW/rxijn3niTz9TGzW7yx+it8h1dOq0ZfJYjdlXiUZqOB
oTCBnjAdBgNVHQ4EFgQUq4s0QzvSJFRQSPjXpZzQsRz4PNUwHwYDVR0jBBgwFoAU
q4s0QzvSJFRQSPjXpZzQsRz4PNUwDwYDVR0TAQH/BAUwAwEB/zBLBgNVHREERDBC
gRFyb2JvdEBleGFtcGxlLmNvbYYac3BpZmZlOi8vZXhhbXBsZS5jb20vcm9ib3SC
EXJvYm90LmV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0cAMEQCIEN8PgoraAzOnDBb
L+cx4vb76d4v0mtdCMlTspgSsXq8AiA2wjXjk+gYeZFrZ8PPoCBs1FO8dAnYP/iJ
n3e0fc1jSQ==
-----END CERTIFICATE-----`;
/** CN=one, CN=two, DNS:a.example.com, DNS:b.example.com, email:x@example.com */
const SEVERAL = `-----BEGIN CERTIFICATE-----
MIIByjCCAW+gAwIBAgIUP8ygg29LjOCdtoNRsdnfV6eiYecwCgYIKoZIzj0EAwIw
HDEMMAoGA1UEAwwDb25lMQwwCgYDVQQDDAN0d28wIBcNMjYxMTIxMTYwNzQ4WhgP
MjEyNjEwMjgxNjA3NDhaMBwxDDAKBgNVBAMMA29uZTEMMAoGA1UEAwwDdHdvMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENto4pUUD2VB4twZ7ocCADisIkv24oi1e
AXbmgrKhkr62q+id2Wb+ZPR9ablealRG2ujRxg8ulCRG+Hvwgk3QzaOBjDCBiTAd
BgNVHQ4EFgQUqJszfhfNlAuDyeXVw2gsTaKsjYowHwYDVR0jBBgwFoAUqJszfhfN
lAuDyeXVw2gsTaKsjYowDwYDVR0TAQH/BAUwAwEB/zA2BgNVHREELzAtgg1hLmV4
YW1wbGUuY29tgg1iLmV4YW1wbGUuY29tgQ14QGV4YW1wbGUuY29tMAoGCCqGSM49
BAMCA0kAMEYCIQDx5zIxldPTCEweWZBl+8ICL6AzwTrFR5HKskdqQwduMwIhAOHP
PVfo9BIRlOPbfPQEJkhPr1Hj4SWQ31zhYcvC1pYt
-----END CERTIFICATE-----`;

test('the first field that has one name is the user', () => {
  const table: readonly (readonly [string, readonly CertificateField[], string | undefined])[] = [
    [ROBOT, ['cn'], 'robot'],
    [ROBOT, ['email', 'cn'], 'robot@example.com'],
    [ROBOT, ['uri'], 'spiffe://example.com/robot'],
    [ROBOT, ['dns'], 'robot.example.com'],
    [ROBOT, [], undefined],
    [SEVERAL, ['cn'], undefined],
    [SEVERAL, ['cn', 'dns'], undefined],
    [SEVERAL, ['cn', 'dns', 'uri', 'email'], 'x@example.com'],
  ];
  for (const [pem, fields, expected] of table) {
    assert.equal(nameIn(new X509Certificate(pem), fields), expected, fields.join());
  }
  assert.equal(nameIn(undefined, ['cn']), undefined);
});

test('a name with commas in it is one name', () => {
  const pem = createCertificate({ name: 'x', hosts: ['a, email:root@example.com'] }).cert;
  assert.equal(nameIn(new X509Certificate(pem), ['email']), undefined);
  assert.equal(nameIn(new X509Certificate(pem), ['dns']), 'a, email:root@example.com');
  const control = createCertificate({ name: 'root\n' }).cert;
  assert.equal(nameIn(new X509Certificate(control), ['cn']), undefined);
});
