import assert from 'node:assert/strict';
import { type Contest, differences, startContest } from './engine-differences.ts';
import { SINCE } from './engine-lines.ts';
import { peerTest } from './peers.ts';

const NEEDS = ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'htpasswd', 'curl', 'jq'];

/** Where each engine says another thing for one and the same reason; compared are exit statuses. */
const PLATFORM =
  "dray's words for what an image is not for are those of one store where the other answers, or come before the push begins";
/** Lines at which dray's engine means to say something else, and why. */
const DECIDED: Readonly<Record<string, string>> = {
  'docker history --platform linux/arm64 main': PLATFORM,
  'docker push --platform linux/arm64 REGISTRY/main': PLATFORM,
  'docker push --platform linux/s390x REGISTRY/multi:1': PLATFORM,
  'docker pull --platform linux/s390x REGISTRY/multi:2': PLATFORM,
  'docker save --platform linux/s390x -o s.tar REGISTRY/multi:2': PLATFORM,
  'docker load --platform linux/s390x -i p.tar': PLATFORM,
  'docker history --platform linux/arm64 multi.example/m:1':
    'the size of what Docker has not unpacked is not known to it',
  'docker pull --platform linux/arm64 REGISTRY/multi:2':
    'what comes for a second platform is downloaded, and said to be',
  'docker pull -a REGISTRY/multi': "one status at the end, as Docker's old store has it",
  'docker pull UPPER/x': 'names of hosts are told in lower case',
  'docker save -o x.tar main && tar -xOf x.tar manifest.json && tar -xOf x.tar repositories':
    'layers stay as they came, and both tables are written',
  'docker import http://localhost:1/x.tar': 'the engine fetches nothing but images',
  'docker search localhost:1/busybox': 'a registry without a search is searched by its list of repositories',
  [`date +%s.%N > mark; docker pull -a -q REGISTRY/e; ${SINCE}`]: "the labels of a tag's image are told, as recorded",
};

/** A test of each topic's lines. They have one contest, in this order: each topic goes on from where the one before ended. */
export function contestTests(topics: Readonly<Record<string, readonly string[]>>): void {
  let contest: Promise<Contest> | undefined;
  for (const [topic, lines] of Object.entries(topics)) {
    peerTest(`docker says the same with dray engine as with dockerd: ${topic}`, NEEDS, async () => {
      contest ??= startContest();
      const found = await differences(lines, await contest, { decided: DECIDED });
      assert.ok(found.length === 0, `${found.length} of ${lines.length}:\n\n${found.join('\n\n')}`);
    });
  }
}
