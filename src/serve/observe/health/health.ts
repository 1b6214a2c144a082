import { type Clock, systemClock } from '#timing';
import type { Page } from '../../api/options.ts';
import { expectRead } from '../expect-read.ts';
import { type ServerLog, silentLog } from '../log/server-log.ts';
import { type HealthCheck, WatchedCheck } from './health-check.ts';

export type HealthState = 'starting' | 'serving' | 'draining';

export interface HealthOptions {
  readonly checks?: readonly HealthCheck[] | undefined;
  /** Hears of checks that begin to fail, and of those that hold again. */
  readonly log?: ServerLog | undefined;
  readonly clock?: Clock | undefined;
}

/** Whether requests should come here. */
export interface Health {
  /** `starting` at first. */
  readonly state: HealthState;
  become(state: HealthState): void;
  report(): Promise<HealthReport>;
  /** `/healthz` and `/livez`: 200 as long as the process answers at all. `/readyz`: 200, or 503 while it starts, drains or a check fails. */
  readonly pages: ReadonlyMap<string, Page>;
  /** `/debug/health`, as distribution answers it. */
  readonly debugPages: ReadonlyMap<string, Page>;
}

export interface HealthReport {
  readonly status: 'ready' | 'starting' | 'draining' | 'failing';
  /** By name. Messages are for everyone: neither paths nor secrets. */
  readonly checks: Readonly<Record<string, { readonly status: 'ok' | 'failing'; readonly message?: string }>>;
}

const JSON_HEADERS = ['Cache-Control', 'no-store'];

export function createHealth(options: HealthOptions = {}): Health {
  const { clock = systemClock, log = silentLog } = options;
  const checks = (options.checks ?? []).map((check) => new WatchedCheck(check, clock, log));
  let state: HealthState = 'starting';

  const report = async (): Promise<HealthReport> => {
    const faults = await Promise.all(checks.map(async (check) => [check.name, await check.fault()] as const));
    const isFailing = faults.some(([, fault]) => fault !== undefined);
    return {
      status: state === 'serving' ? (isFailing ? 'failing' : 'ready') : state,
      checks: Object.fromEntries(
        faults.map(([name, message]) => [
          name,
          message === undefined ? { status: 'ok' } : { status: 'failing', message },
        ]),
      ),
    };
  };
  const alive: Page = (exchange) => {
    expectRead(exchange);
    exchange.replyJson(200, { status: 'alive' }, JSON_HEADERS);
  };
  const ready: Page = async (exchange) => {
    expectRead(exchange);
    const found = await report();
    exchange.replyJson(found.status === 'ready' ? 200 : 503, found, JSON_HEADERS);
  };
  const debug: Page = async (exchange) => {
    expectRead(exchange);
    const faults = Object.entries((await report()).checks).flatMap(([name, { message }]) =>
      message === undefined ? [] : [[name, message]],
    );
    exchange.replyJson(faults.length === 0 ? 200 : 503, Object.fromEntries(faults), JSON_HEADERS);
  };
  return {
    get state() {
      return state;
    },
    become: (next) => void (state = next),
    report,
    pages: new Map([
      ['/healthz', alive],
      ['/livez', alive],
      ['/readyz', ready],
    ]),
    debugPages: new Map([['/debug/health', debug]]),
  };
}
