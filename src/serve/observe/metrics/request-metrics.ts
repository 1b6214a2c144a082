import type { AnswerRecord, RegistryEvent, RegistryObserver } from '../port.ts';
import type { MetricFamily, MetricSpread } from './snapshot.ts';

export interface RequestMetrics extends Required<RegistryObserver> {
  families(): readonly MetricFamily[];
}

/** Seconds. distribution's bounds, and some below them: most answers take less than a millisecond. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];
/** 1 KiB to 2 GiB, doubling. */
const BYTES = Array.from({ length: 22 }, (_, power) => 1024 * 2 ** power);
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Names that distribution has for kinds of routes. */
const HANDLERS: Readonly<Record<string, string>> = { uploads: 'blob_upload', upload: 'blob_upload_chunk' };
/** More kinds of routes than there are would mean that somebody makes them up. */
const MOST_ROUTES = 64;

/** Counts answers and events. Labels are of small fixed sets: nothing that clients choose makes a new one. */
export function createRequestMetrics(): RequestMetrics {
  const routes = new Map<string, Route>();
  const events = new Map<string, number>();
  const routeOf = (name: string): Route => {
    let route = routes.get(name);
    if (route === undefined) {
      if (routes.size >= MOST_ROUTES) return routeOf('other');
      route = new Route(HANDLERS[name] ?? name);
      routes.set(name, route);
    }
    return route;
  };
  routeOf('other');
  return {
    answered(record) {
      routeOf(record.route).count(record);
    },
    happened({ action, kind, request }) {
      // Only a look.
      if (request.method === 'HEAD') return;
      const key = `${action} ${kind}`;
      events.set(key, (events.get(key) ?? 0) + 1);
    },
    families: () => [...routeFamilies([...routes.values()]), eventFamily(events)],
  };
}

class Route {
  readonly methods = new Map<string, Method>();
  readonly received = new Spread(BYTES.length);
  readonly sent = new Spread(BYTES.length);
  readonly handler: string;
  aborted = 0;

  constructor(handler: string) {
    this.handler = handler;
  }

  count({ facts, status, duration, sent, received, aborted }: AnswerRecord): void {
    const name = METHODS.has(facts.method) ? facts.method : 'other';
    let method = this.methods.get(name);
    if (method === undefined) {
      method = new Method();
      this.methods.set(name, method);
    }
    method.codes.set(status, (method.codes.get(status) ?? 0) + 1);
    const seconds = duration / 1000;
    method.durations.add(secondsBucket(seconds), seconds);
    this.received.add(bytesBucket(received), received);
    this.sent.add(bytesBucket(sent), sent);
    if (aborted) this.aborted += 1;
  }
}

class Method {
  readonly codes = new Map<number, number>();
  readonly durations = new Spread(SECONDS.length);
}

class Spread {
  readonly #buckets: number[];
  #sum = 0;

  constructor(bounds: number) {
    this.#buckets = Array.from({ length: bounds + 1 }, () => 0);
  }

  add(bucket: number, value: number): void {
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  values(labels: Readonly<Record<string, string>>): MetricSpread {
    return { labels, buckets: [...this.#buckets], sum: this.#sum };
  }
}

function secondsBucket(seconds: number): number {
  let at = 0;
  while (at < SECONDS.length && seconds > (SECONDS[at] ?? 0)) at += 1;
  return at;
}

/** Which power of two, without looking for it. */
function bytesBucket(bytes: number): number {
  return bytes <= 1024 ? 0 : Math.min(BYTES.length, 32 - Math.clz32(Math.min(Math.floor((bytes - 1) / 1024), 2 ** 31)));
}

function routeFamilies(all: readonly Route[]): readonly MetricFamily[] {
  const routes = all.filter(({ methods }) => methods.size > 0);
  const byMethod = routes.flatMap(({ handler, methods }) =>
    [...methods].map(([name, figures]) => ({ labels: { handler, method: name.toLowerCase() }, figures })),
  );
  return [
    {
      type: 'counter',
      name: 'registry_http_requests_total',
      help: 'Total number of HTTP requests made.',
      values: byMethod.flatMap(({ labels, figures }) =>
        [...figures.codes].map(([code, value]) => ({ labels: { code: String(code), ...labels }, value })),
      ),
    },
    {
      type: 'histogram',
      name: 'registry_http_request_duration_seconds',
      help: 'The HTTP request latencies in seconds.',
      bounds: SECONDS,
      values: byMethod.map(({ labels, figures }) => figures.durations.values(labels)),
    },
    {
      type: 'histogram',
      name: 'registry_http_request_size_bytes',
      help: 'The bytes of the bodies of HTTP requests.',
      bounds: BYTES,
      values: routes.map(({ handler, received }) => received.values({ handler })),
    },
    {
      type: 'histogram',
      name: 'registry_http_response_size_bytes',
      help: 'The HTTP response sizes in bytes.',
      bounds: BYTES,
      values: routes.map(({ handler, sent }) => sent.values({ handler })),
    },
    {
      type: 'counter',
      name: 'dray_http_aborted_requests_total',
      help: 'Requests whose client went away before the end of the answer.',
      values: routes.map(({ handler, aborted }) => ({ labels: { handler }, value: aborted })),
    },
  ];
}

function eventFamily(events: ReadonlyMap<string, number>): MetricFamily {
  const values = [...events].map(([key, value]) => {
    const [action, kind] = key.split(' ') as [RegistryEvent['action'], RegistryEvent['kind']];
    return { labels: { action, kind }, value };
  });
  return { type: 'counter', name: 'dray_events_total', help: 'Pushes, pulls, mounts and deletes.', values };
}
