import type { ServeSettings } from '#serve';

const MASK = '***';
const SECRET = /^(password|identityToken|registryToken)$/;

/** The settings as they may be shown: passwords, and what is sent to others with requests, are gone. */
export function maskedSettings(settings: ServeSettings): unknown {
  const { cache, webhooks, health, ...rest } = settings;
  return {
    ...rest,
    cache: masked(cache),
    webhooks: masked(webhooks),
    health: masked(health),
  };
}

function masked(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, key));
  if (typeof value === 'string') return SECRET.test(key) ? MASK : withoutPassword(value);
  if (typeof value !== 'object' || value === null) return value;
  const hides = key === 'headers';
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hides ? MASK : masked(item, name)]));
}

function withoutPassword(text: string): string {
  return text.replace(/^(https?:\/\/)[^/@]*@/i, `$1${MASK}@`);
}
