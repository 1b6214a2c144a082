import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDrayError } from '#errors';
import {
  bearerAuth,
  contentOf,
  cutUpload,
  type Fault,
  hangUp,
  noHead,
  type RegistryOptions,
  startRegistry,
  status,
  uploadLocation,
  uploadRange,
} from '#testing';
import { type Clock, systemClock } from '#timing';
import { createRepository } from '../repository.ts';

const ROUNDS = 60;
const CONTENT = contentOf(3_000_000, 5);
const METHODS = ['PATCH', 'PUT', 'POST', 'GET', 'HEAD'] as const;
const STATUSES = [400, 404, 405, 408, 411, 413, 416, 429, 500, 502, 503] as const;
const RANGES = ['0-0', '0-9', '0-999999', '0-99999999', 'x', ''] as const;
const LOCATIONS = ['/nowhere', '', 'http://[', '/v2/team/app/blobs/uploads/x?y'] as const;

/** The same numbers for the same seed. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2_654_435_761;
  }

  roll(sides: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return (this.#state >>> 8) % sides;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.roll(list.length)] ?? list[0];
  }
}

function faultOf(dice: Dice): Fault {
  const match = { method: dice.pick(METHODS), times: 1 + dice.roll(3), after: dice.roll(2) };
  const about = { ...match, kind: ['upload', 'blob'] as const };
  switch (dice.roll(8)) {
    case 0:
      return hangUp({ ...about, reset: dice.roll(2) === 0 });
    case 1:
      return status(dice.pick(STATUSES), about);
    case 2:
      return uploadRange(dice.pick(RANGES), match);
    case 3:
      return uploadLocation(dice.pick(LOCATIONS), match);
    case 4:
      return noHead({ times: match.times });
    case 5:
      return status(401, { ...about, headers: { 'www-authenticate': 'Basic realm="x"' } });
    default:
      return cutUpload(dice.roll(CONTENT.bytes.length), {
        times: match.times,
        after: match.after,
        reset: dice.roll(2) === 0,
      });
  }
}

function registryOf(dice: Dice): RegistryOptions {
  return {
    faults: Array.from({ length: 1 + dice.roll(4) }, () => faultOf(dice)),
    uploads: {
      strict: dice.roll(3) === 0,
      status: dice.roll(4) !== 0,
      ...(dice.roll(4) === 0 && { mostBody: 1_000_000 }),
      ...(dice.roll(4) === 0 && { leastPiece: 600_000 }),
    },
    auth: dice.roll(3) === 0 ? bearerAuth({ users: { me: 'secret' }, uses: 1 + dice.roll(4) }) : undefined,
  };
}

/** Waits between tries are over at once; time-outs are not. */
const haste: Clock = { ...systemClock, sleep: async (ms, signal) => systemClock.sleep(ms < 5000 ? 0 : ms, signal) };

async function* from(offset: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = offset; at < CONTENT.bytes.length; at += 70_000) yield CONTENT.bytes.subarray(at, at + 70_000);
}

test(`whatever goes wrong, an upload ends with the blob there or with an error (${ROUNDS} mixtures)`, async () => {
  let whole = 0;
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const registry = await startRegistry(registryOf(new Dice(seed)));
    const repository = createRepository({
      endpoint: { url: registry.url, domain: registry.host, mirror: false },
      path: 'team/app',
      clock: haste,
      keychain: async () => ({ username: 'me', password: 'secret' }),
    });
    try {
      await repository.upload(CONTENT.descriptor, async (offset) => from(offset));
      const held = registry.blob('team/app', CONTENT.descriptor.digest);
      assert.ok(held !== undefined && Buffer.from(held).equals(CONTENT.bytes), `seed ${seed}: it is not there`);
      whole += 1;
    } catch (error) {
      assert.ok(isDrayError(error) && error.facts.family !== 'bug', `seed ${seed}: ${String(error)}`);
    } finally {
      repository.close();
      await registry.close();
    }
  }
  assert.ok(whole > ROUNDS / 2, `only ${whole} of ${ROUNDS} were borne`);
});
