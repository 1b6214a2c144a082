import assert from 'node:assert/strict';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedMetrics {
  readonly samples: readonly Sample[];
  /** Types by name. */
  readonly families: ReadonlyMap<string, string>;
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=[a-zA-Z_])|$)/;

/** Prometheus' text format, strictly: each family has one HELP, one TYPE, then its samples, each once; histograms rise to +Inf. */
export function parseMetrics(text: string): ParsedMetrics {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line has an end');
  const samples: Sample[] = [];
  const families = new Map<string, string>();
  let help = '';
  let family = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      assert.ok(!families.has(name), `${name} comes twice`);
      assert.doesNotMatch(rest.replaceAll(/\\[\\n]/g, ''), /\\/, line);
      help = name;
    } else if (word === 'TYPE') {
      assert.equal(name, help, 'HELP, then TYPE');
      assert.match(rest, /^(?:counter|gauge|histogram)$/);
      if (rest === 'counter') assert.match(name, /_total$/);
      families.set(name, rest);
      family = name;
    } else {
      samples.push(sampleOf(line, family, families.get(family) === 'histogram'));
    }
  }
  const keys = new Map(samples.map((sample) => [keyOf(sample.name, sample.labels), sample.value]));
  assert.equal(keys.size, samples.length, 'a sample comes twice');
  expectRising(samples);
  return { samples, families, value: (name, labels = {}) => keys.get(keyOf(name, labels)) };
}

function sampleOf(line: string, family: string, isHistogram: boolean): Sample {
  const [, name = '', pairs = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
  const own = isHistogram ? name.replace(/_(?:bucket|sum|count)$/, '') : name;
  assert.equal(own, family, `${name} stands under ${family}`);
  const labels: Record<string, string> = {};
  for (let rest = pairs; rest !== ''; ) {
    const [whole, label = '', text = ''] = LABEL.exec(rest) ?? assert.fail(`no label: ${rest}`);
    assert.ok(!(label in labels), `${label} comes twice`);
    labels[label] = text.replaceAll(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: numberOf(value) };
}

function numberOf(text: string): number {
  return text.endsWith('Inf') ? Number(`${text}inity`) : Number(text);
}

function expectRising(samples: readonly Sample[]): void {
  const last = new Map<string, { readonly bound: number; readonly value: number }>();
  for (const { name, labels, value } of samples) {
    const { le, ...others } = labels;
    if (le !== undefined) {
      const key = keyOf(name.replace(/_bucket$/, ''), others);
      const before = last.get(key) ?? { bound: -Infinity, value: 0 };
      assert.ok(numberOf(le) > before.bound && value >= before.value, `${name} ${le} ${value}`);
      last.set(key, { bound: numberOf(le), value });
    }
  }
  const counts = new Map(samples.map(({ name, labels, value }) => [keyOf(name, labels), value]));
  for (const [key, { bound, value }] of last) {
    assert.equal(bound, Infinity);
    assert.equal(counts.get(key.replace('{', '_count{')), value, 'as many as there are');
  }
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}${JSON.stringify(Object.fromEntries(pairs))}`;
}
