import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostProcess, hostPlatform } from './host-platform.ts';
import { formatPlatform } from './platform-parse.ts';

test("the machine's platform, as images are named", () => {
  const rows: readonly (readonly [HostProcess, string])[] = [
    [{ platform: 'linux', arch: 'x64' }, 'linux/amd64'],
    [{ platform: 'darwin', arch: 'arm64' }, 'linux/arm64'],
    [{ platform: 'win32', arch: 'x64' }, 'linux/amd64'],
    [{ platform: 'freebsd', arch: 'x64' }, 'linux/amd64'],
    [{ platform: 'linux', arch: 'ia32' }, 'linux/386'],
    [{ platform: 'linux', arch: 'ppc64' }, 'linux/ppc64le'],
    [{ platform: 'linux', arch: 's390x' }, 'linux/s390x'],
    [{ platform: 'linux', arch: 'riscv64' }, 'linux/riscv64'],
    [{ platform: 'linux', arch: 'loong64' }, 'linux/loong64'],
    [{ platform: 'linux', arch: 'mipsel' }, 'linux/mipsle'],
    [{ platform: 'linux', arch: 'arm' }, 'linux/arm/v7'],
    [{ platform: 'linux', arch: 'arm', config: { variables: { arm_version: '6' } } }, 'linux/arm/v6'],
    [{ platform: 'linux', arch: 'arm', config: { variables: { arm_version: 7 } } }, 'linux/arm/v7'],
    [{ platform: 'linux', arch: 'arm', config: {} }, 'linux/arm/v7'],
    [{ platform: 'linux', arch: 'constructor' }, 'linux/constructor'],
  ];
  for (const [host, expected] of rows) assert.equal(formatPlatform(hostPlatform(host)), expected);
});

test('this process has one', () => {
  assert.equal(hostPlatform(process).os, 'linux');
});
