import { DrayError } from '#errors';
import { createHealth, type Health } from './observe/health/health.ts';
import type { HealthCheck } from './observe/health/health-check.ts';
import { fileCheck, httpCheck, tcpCheck } from './observe/health/outside-checks.ts';
import { diskCheck, storageCheck } from './observe/health/storage-checks.ts';
import type { ServerLog } from './observe/log/server-log.ts';
import type { HealthCheckSettings, ServeSettings } from './settings.ts';

/** Health as the settings say; `starting` at first. Rejects with INVALID_CONFIGURATION where a check cannot be made. */
export async function openHealth({ health, data, memory, readOnly }: ServeSettings, log: ServerLog): Promise<Health> {
  const tries = health.storage && data !== undefined && !memory && !readOnly;
  const checks = await Promise.all(health.checks.map(async (check, at) => checkOf(check, `${check.kind}-${at + 1}`)));
  const looks = health.free > 0 && data !== undefined && !memory;
  const own = [...(tries ? [storageCheck(data)] : []), ...(looks ? [diskCheck(data, health.free)] : [])];
  return createHealth({ checks: [...own, ...checks], log });
}

/** Everybody may read the names of checks: they are numbers in the configuration, not paths and addresses. */
async function checkOf(settings: HealthCheckSettings, name: string): Promise<HealthCheck> {
  if (settings.kind === 'file') return fileCheck(name, settings.path, settings);
  if (settings.kind === 'tcp') return tcpCheck(name, settings, settings);
  if (!/^https?:/i.test(settings.url) || !URL.canParse(settings.url)) {
    throw new DrayError('INVALID_CONFIGURATION', `the health check ${name} has no http(s) URL`);
  }
  const { createTransport } = await import('#transport');
  return httpCheck(name, { ...settings, url: new URL(settings.url), send: createTransport().send });
}
