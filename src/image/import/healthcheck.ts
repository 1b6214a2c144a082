import { DrayError } from '#errors';
import { commandOf } from './command-form.ts';
import type { Healthcheck } from './container-config.ts';

const TIMES = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Reads what follows `HEALTHCHECK`: `NONE`, or flags and `CMD …`. Throws INVALID_OPTION. */
export function parseHealthcheck(text: string): Healthcheck {
  const [, flags = '', kind = '', rest = ''] = /^((?:--\S+\s+)*)(\S+)\s*(.*)$/s.exec(text) ?? [];
  if (kind.toUpperCase() === 'NONE') {
    if (rest !== '' || flags !== '') throw wrong('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (kind.toUpperCase() !== 'CMD') throw wrong(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  const command = commandOf(rest);
  if (command.words.length === 0) throw wrong('Missing command after HEALTHCHECK CMD');
  return {
    Test: command.form === 'exec' ? ['CMD', ...command.words] : ['CMD-SHELL', ...command.words],
    ...parseFlags(flags.split(/\s+/).filter((flag) => flag !== '')),
  };
}

function parseFlags(flags: readonly string[]): Omit<Healthcheck, 'Test'> {
  const found: Record<string, number> = {};
  for (const flag of flags) {
    const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/.exec(flag) ?? [];
    if (name === 'retries') {
      if (!/^\d{1,9}$/.test(value)) throw wrong(`--retries cannot be ${JSON.stringify(value)}`);
      found['Retries'] = Number(value);
    } else if (Object.hasOwn(TIMES, name)) {
      found[TIMES[name as keyof typeof TIMES]] = parseDuration(value, name);
    } else throw wrong(`unknown flag: ${flag.split('=')[0]}`);
  }
  return found;
}

/** As Go writes durations: `1h30m`, `1.5s`. */
function parseDuration(text: string, name: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$|^0$/.test(text)) {
    throw wrong(`--${name} cannot be ${JSON.stringify(text)}: a duration is 30s, 1m30s`);
  }
  let total = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (NANOSECONDS[unit] ?? 0);
  }
  const whole = Math.round(total);
  if (whole !== 0 && whole < 1e6) throw wrong(`--${name} cannot be less than 1ms`);
  return whole;
}

function wrong(message: string): DrayError {
  return new DrayError('INVALID_OPTION', message);
}
