// Runs commands in turn and compares them: wall clock, CPU, peak memory. Shared by the benches.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Wall clock in seconds, CPU in seconds, peak memory in MiB of one run. `stdin` and `stdout` are files. */
export function measure([name, command], { folder, env = {} }) {
  const log = join(folder, 'time');
  const started = performance.now();
  const done = spawnSync('/usr/bin/time', ['-q', '-o', log, '-f', '%U %S %M', ...command], {
    env: { ...process.env, HOME: folder, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wall = (performance.now() - started) / 1000;
  if (done.status !== 0) throw new Error(`${name}: exit ${done.status}: ${String(done.stderr).slice(0, 500)}`);
  const [user, system, peak] = readFileSync(log, 'utf8').trim().split(' ').map(Number);
  return { wall, cpu: user + system, memory: peak / 1024 };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * A table of cases ([name, command line, or what gives a new one each time]) that took turns, after one warm-up each.
 * @param before is called before each run, with the case's name; `best`: names that are compared with
 */
export function compare(title, cases, { runs, before, best, folder, env }) {
  const results = cases.map(() => []);
  for (let run = 0; run <= runs; run += 1) {
    cases.forEach((one, index) => {
      before(one[0]);
      const [name, command] = one;
      const result = measure([name, typeof command === 'function' ? command() : command], { folder, env });
      if (run > 0) results[index].push(result);
    });
  }
  const rows = cases.map(([name], index) => {
    const of = (key) => results[index].map((result) => result[key]);
    const walls = of('wall');
    return {
      name,
      wall: median(walls),
      least: Math.min(...walls),
      most: Math.max(...walls),
      cpu: median(of('cpu')),
      memory: Math.max(...of('memory')),
    };
  });
  const base = Math.min(...rows.filter(({ name }) => best.includes(name)).map(({ wall }) => wall));
  const lines = rows.map(
    ({ name, wall, least, most, cpu, memory }) =>
      `| ${name} | ${wall.toFixed(3)} | ${least.toFixed(3)}-${most.toFixed(3)} | ${cpu.toFixed(2)} | ${memory.toFixed(0)} | ${(wall / base).toFixed(2)} |`,
  );
  const table = [
    `## ${title}`,
    '',
    `| | wall s | least-most | CPU s | peak MiB | of the best of ${best.join(', ')} |`,
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
  console.log(table);
  return table;
}
