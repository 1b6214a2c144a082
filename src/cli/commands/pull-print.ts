import type { Dray } from '#dray';
import type { PullPlan } from '#image';
import type { Call } from '../command.ts';
import { write } from '../context.ts';
import { listening } from '../listening.ts';
import { planText } from '../output/plan.ts';
import { printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';
import { type PullFlags, pullOptions } from './pull-options.ts';

/** `dray pull --print`: what each reference stands for, as text as it is known or as one JSON document. */
export async function printPlans(call: Call<PullFlags>): Promise<void> {
  const { flags, operands, context } = call;
  const plans: PullPlan[] = [];
  await withDray(call, async (dray) => {
    for await (const reference of references(dray, call)) {
      const plan = await dray.plan(reference, { ...pullOptions(call), allTags: undefined, ...listening(call) });
      if (flags.json !== true) await write(context.stdout, `${plans.length > 0 ? '\n' : ''}${planText(plan)}`);
      plans.push(plan);
    }
  });
  if (flags.json !== true) return;
  const document = operands.length === 1 && flags.allTags !== true ? plans[0] : plans;
  await write(context.stdout, `${printableJson(document)}\n`);
}

async function* references(dray: Dray, call: Call<PullFlags>): AsyncGenerator<string, void, undefined> {
  if (call.flags.allTags !== true) return yield* call.operands;
  for (const repository of call.operands) {
    for (const tag of await dray.tags(repository, listening(call))) yield `${repository}:${tag}`;
  }
}
