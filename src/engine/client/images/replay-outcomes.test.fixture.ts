import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { type ErrorCode, hasCode } from '#errors';
import type { RegistryAuth } from '../../api/registry-auth.ts';
import type { Engine } from '../create-engine.ts';

/** A call, and what comes of it: `SAME`, what it resolves with, or a function that looks at that, or at the error. */
export type Outcome = readonly [call: (engine: Engine) => Promise<unknown>, expected: unknown];

const HELLO = 'sha256:a78f474d45afc972997653dee6eda7f648daf9785e5bd58895c380c5e4478dc0';
const MAIN = 'sha256:bb4b5c5cbeb51a6faab434e60ae72b03ab4eb0c0f31ef9501478900f3d9b4b82';
const RND = 'sha256:eae16ba2ef0234a9b156c7a4dc891ca918db3368f29de7497f30c9c3ada2e01a';
const AMD = 'linux/amd64';
const ARM = 'linux/arm64';
const files = () => bytesOf(Buffer.from('a tar archive'));
const user: RegistryAuth = { username: 'user', password: 'pw', serveraddress: 'localhost:5000' };

const pull =
  (reference: string, options = {}) =>
  (engine: Engine) =>
    engine.images.pull(reference, options).done();
const push =
  (reference: string, options = {}) =>
  (engine: Engine) =>
    engine.images.push(reference, options).done();
const save =
  (names: string | readonly string[], options = {}) =>
  async (engine: Engine) => {
    let text = '';
    for await (const chunk of engine.images.save(names, options)) text += Buffer.from(chunk).toString();
    return text;
  };
const upToDate = (reference: string, digest: string) => ({
  reference,
  digest,
  status: `Image is up to date for ${reference}`,
});
const newer = (reference: string) => (result: unknown) => {
  const { status } = result as { status: string };
  assert.equal(status, `Downloaded newer image for ${reference}`);
};
const fails = (code: ErrorCode, status: number | undefined, text: RegExp) => (error: unknown) => {
  assert.ok(hasCode(error, code), String(error));
  assert.equal(error.detail['status'], status);
  assert.match(String(error.detail['message']), text);
  assert.match(error.message, text);
};
/** The recorded body itself. */
export const SAME: unique symbol = Symbol('same');

/** By the name of the recording, a call for each of its exchanges. */
export const OUTCOMES: Readonly<Record<string, readonly Outcome[]>> = {
  '00-version': [[(engine) => engine.version(), SAME]],
  '01-import-change': [
    [
      (engine) =>
        engine.images
          .import(files(), {
            reference: 'busybox:latest',
            changes: ['CMD ["/bin/busybox","sh"]', 'ENV PATH=/bin'],
            message: 'busy',
          })
          .done(),
      { id: 'sha256:e76dcd659c2105ae347b9a0cf0f8e650a3fa6fe4134d2a6813b47834cf677271' },
    ],
  ],
  '02-images': [[(engine) => engine.images.list(), SAME]],
  '11-classic-build-hello': [
    [
      (engine) => engine.images.build(files(), { tags: ['hello-classic'] }).done(),
      { id: 'sha256:bbd7427f6c887f4f1b80d58349e63d9f60a5cd5f052332e994de0ae4292df566' },
    ],
  ],
  '12-classic-build-main': [
    [
      (engine) => engine.images.build(files(), { tags: ['main'], buildArgs: { FILE: '/example.html' } }).done(),
      { id: 'sha256:22f6cf4b46ad08c33f309c4e748607435339b1fb6ea408e8b58eb8efb0534148' },
    ],
  ],
  '16-classic-fail': [
    [
      (engine) => engine.images.build(files(), { tags: ['x'] }).done(),
      (error: unknown) => {
        fails('SERVER_FAILED', undefined, /The command '\/bin\/sh -c false' returned a non-zero code: 1$/)(error);
        assert.ok(hasCode(error, 'SERVER_FAILED') && error.detail['code'] === 1);
      },
    ],
  ],
  '17-classic-quiet-iid': [
    [
      (engine) => engine.images.build(files(), { quiet: true, noCache: true }).done(),
      { id: 'sha256:903fc367b55e44b101f326d8e9ca524de9d7c2b1a76ad85dbf2113a1fcc9e093' },
    ],
  ],
  '50-build-auth': [
    [
      (engine) => engine.images.build(files(), { tags: ['x'], auth: { 'localhost:5000': user } }).done(),
      { id: 'sha256:dae915033134494302d9e6a154fd7f2606e2916456d8f0f343148bf7198f4648' },
    ],
  ],
  '31-tag': [
    [(engine) => engine.images.tag('hello-classic:latest', 'localhost:5000/hello'), undefined],
    [(engine) => engine.images.tag('hello-classic:latest', 'localhost:5000/hello:0.1'), undefined],
    [(engine) => engine.images.tag('main:latest', 'localhost:5000/main:python3.11.5'), undefined],
    [(engine) => engine.images.tag('main:latest', 'localhost:5000/main'), undefined],
  ],
  '32-push-all': [
    [
      push('localhost:5000/main', { all: true }),
      {
        reference: 'localhost:5000/main',
        pushed: ['latest', 'python3.11.5'].map((tag) => ({ tag, digest: MAIN, size: 1151 })),
      },
    ],
  ],
  '32-push-hello-01': [
    [
      push('localhost:5000/hello:0.1'),
      { reference: 'localhost:5000/hello:0.1', pushed: [{ tag: '0.1', digest: HELLO, size: 529 }] },
    ],
  ],
  '32-push-main': [
    [
      push('localhost:5000/main'),
      { reference: 'localhost:5000/main:latest', pushed: [{ tag: 'latest', digest: MAIN, size: 1151 }] },
    ],
  ],
  '32-push-notag': [
    [
      push('localhost:5000/nosuch'),
      fails('NOT_FOUND', undefined, /An image does not exist locally with the tag: localhost:5000\/nosuch/),
    ],
  ],
  '33-rmi': [
    [(engine) => engine.images.remove('localhost:5000/hello:0.1'), SAME],
    [(engine) => engine.images.remove('localhost:5000/hello'), SAME],
    [(engine) => engine.images.remove('hello-classic'), SAME],
  ],
  '33-rmi-inuse': [
    [
      (engine) => engine.images.remove('registry:2'),
      fails('CONFLICT', 409, /unable to remove repository reference "registry:2" \(must force\)/),
    ],
  ],
  '33-rmi-missing': [
    [(engine) => engine.images.remove('nosuch'), fails('NOT_FOUND', 404, /No such image: nosuch:latest/)],
  ],
  '34-pull-all': [[pull('localhost:5000/main', { all: true }), upToDate('localhost:5000/main', MAIN)]],
  '34-pull-badref': [[pull('UPPER/x'), fails('SERVER_FAILED', 500, /network is unreachable/)]],
  '34-pull-digest': [[pull(`localhost:5000/hello@${HELLO}`), upToDate(`localhost:5000/hello@${HELLO}`, HELLO)]],
  '34-pull-missing': [[pull('localhost:5000/nosuch'), fails('NOT_FOUND', 404, /manifest unknown/)]],
  '34-pull-noreg': [[pull('localhost:5999/nosuch'), fails('SERVER_FAILED', 500, /connection refused/)]],
  '34-pull-platform': [
    [
      pull('localhost:5000/hello', { platform: ARM }),
      {
        ...upToDate('localhost:5000/hello:latest', HELLO),
        warning:
          'image with reference localhost:5000/hello:latest was found but its platform (linux/amd64) does not match ' +
          'the specified platform (linux/arm64)',
      },
    ],
  ],
  '34-pull-tag': [[pull('localhost:5000/hello:0.1'), newer('localhost:5000/hello:0.1')]],
  '34-pull-uptodate': [[pull('localhost:5000/hello'), upToDate('localhost:5000/hello:latest', HELLO)]],
  '35-images-a': [[(engine) => engine.images.list({ all: true }), SAME]],
  '35-images-filter': [
    [
      (engine) =>
        engine.images.list({
          filters: {
            before: ['registry:2'],
            dangling: ['true'],
            label: ['version=0.1'],
            reference: ['loc*'],
            since: ['busybox'],
          },
        }),
      [],
    ],
  ],
  '35-images-name': [[(engine) => engine.images.list({ filters: { reference: ['localhost:5000/hello'] } }), SAME]],
  '35-images-tree': [[(engine) => engine.images.list({ manifests: true }), SAME]],
  '36-history': [[(engine) => engine.images.history('localhost:5000/main:latest'), SAME]],
  '36-inspect-image': [[(engine) => engine.images.inspect('localhost:5000/main:latest'), SAME]],
  '36-inspect-platform': [[(engine) => engine.images.inspect('localhost:5000/main:latest', { platform: AMD }), SAME]],
  '36-inspect-missing': [
    [(engine) => engine.images.inspect('nosuch'), fails('NOT_FOUND', 404, /No such image: nosuch:latest/)],
    [(engine) => engine.info(), SAME],
  ],
  '37-load-bad': [
    [
      (engine) => engine.images.load(files(), { quiet: true }).done(),
      fails('SERVER_FAILED', undefined, /unexpected EOF$/),
    ],
  ],
  '37-save': [[save('localhost:5000/main:latest'), 'a tar archive']],
  '37-save-multi': [[save(['localhost:5000/hello:latest', 'registry:2']), 'a tar archive']],
  '37-save-platform': [[save('localhost:5000/hello:latest', { platform: AMD }), 'a tar archive']],
  '38-prune': [[(engine) => engine.images.prune(), SAME]],
  '38-prune-a': [[(engine) => engine.images.prune({ dangling: false, until: '24h' }), SAME]],
  '39-events': [
    [
      async (engine) => {
        const actions: string[] = [];
        const asked = { since: 1795234652, until: new Date(1795238252000), filters: { type: ['image'] } };
        for await (const event of engine.events(asked)) actions.push(event.Action);
        return actions;
      },
      ['tag', 'import', 'tag', 'import', 'create'],
    ],
  ],
  '39-login': [[(engine) => engine.checkLogin(user), { IdentityToken: '', Status: 'Login Succeeded' }]],
  '39-search': [[(engine) => engine.images.search('busybox'), fails('SERVER_FAILED', 500, /network is unreachable/)]],
  '39-search-f': [
    [
      (engine) => engine.images.search('busybox', { limit: 5, filters: { 'is-official': ['true'], stars: ['3'] } }),
      fails('SERVER_FAILED', 500, /network is unreachable/),
    ],
  ],
  '39-system-df': [[(engine) => engine.diskUsage(), SAME]],
  '50-pull-auth': [[pull('localhost:5000/rnd:1', { auth: user }), upToDate('localhost:5000/rnd:1', RND)]],
  '50-pull-fresh': [[pull('localhost:5000/rnd:1'), newer('localhost:5000/rnd:1')]],
  '50-push-fresh': [
    [
      push('localhost:5000/rnd:1'),
      { reference: 'localhost:5000/rnd:1', pushed: [{ tag: '1', digest: RND, size: 739 }] },
    ],
  ],
  '60-cs-history-arm': [[(engine) => engine.images.history('localhost:5000/multi:1', { platform: ARM }), SAME]],
  '60-cs-inspect-arm': [[(engine) => engine.images.inspect('localhost:5000/multi:1', { platform: ARM }), SAME]],
  '60-cs-load': [
    [(engine) => engine.images.load(files(), { quiet: true }).done(), { loaded: ['localhost:5000/multi:1'] }],
  ],
  '60-cs-multi-push': [
    [
      push('localhost:5000/multi:1'),
      {
        reference: 'localhost:5000/multi:1',
        pushed: [
          {
            tag: '1',
            digest: 'sha256:af51ce67c9707af224726c31dc9cabc62f1a7d696f44ace22691c457ce13452a',
            size: 1607,
          },
        ],
      },
    ],
  ],
  '60-cs-multi-push-platform': [
    [
      push('localhost:5000/multi:1', { platform: ARM }),
      {
        reference: 'localhost:5000/multi:1',
        pushed: [
          { tag: '1', digest: 'sha256:71c72369717a40e9902d0f9a769002b4f2f736ea3a5b4eb107d413f6937e84ee', size: 475 },
        ],
      },
    ],
  ],
  '60-cs-rmi2': [[(engine) => engine.images.remove('localhost:5000/multi:1'), SAME]],
  '60-cs-distribution': [[(engine) => engine.images.distribution('localhost:5000/multi:1'), SAME]],
  '60-cs-pull-arm': [[pull('localhost:5000/multi:1', { platform: ARM }), newer('localhost:5000/multi:1')]],
  '60-cs-save-arm': [[save('localhost:5000/multi:1', { platform: ARM }), 'a tar archive']],
};
