// Everything that dockerode does with images, against the engine of DOCKER_HOST. Prints what it found as JSON.
//
//     node use-dockerode.mjs HOST:PORT/NAME:TAG HOST:PORT/OTHER
import Docker from 'dockerode';

const [reference, target] = process.argv.slice(2);
const docker = new Docker();
const followed = (stream) =>
  new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error, messages) => {
      if (error) reject(new Error(error.message, { cause: error }));
      else resolve(messages);
    });
  });
const failure = (promise) =>
  promise.then(
    () => undefined,
    ({ statusCode, message }) => ({ statusCode, message }),
  );

const since = Math.floor(Date.now() / 1000);
const { ApiVersion } = await docker.version();
const { OSType } = await docker.info();
const ping = (await docker.ping()).toString();
const pulled = await followed(await docker.pull(reference));
const image = docker.getImage(reference);
const { Id: id, RepoTags: pulledTags } = await image.inspect();
const history = await image.history();
await image.tag({ repo: target, tag: 'new' });
const pushed = await followed(await docker.getImage(`${target}:new`).push({ tag: 'new', authconfig: {} }));
const listed = await docker.listImages({ filters: { reference: [`${target}:new`] } });

const chunks = [];
for await (const chunk of await docker.getImage(`${target}:new`).get()) chunks.push(chunk);
const archive = Buffer.concat(chunks);
const removed = await docker.getImage(id).remove({ force: true });
const missing = await failure(image.inspect());
const loaded = await followed(await docker.loadImage(archive, { quiet: true }));
const unpullable = await failure(docker.pull(`${target}:nosuch`));
const pruned = await docker.pruneImages({ filters: { dangling: ['false'] } });

const events = [];
const until = Math.ceil(Date.now() / 1000) + 1;
const stream = await docker.getEvents({ since, until, filters: { type: ['image'] } });
let text = '';
for await (const chunk of stream) text += chunk;
for (const line of text.split('\n').filter(Boolean)) events.push(JSON.parse(line).Action);

const facts = { ApiVersion, OSType, ping, pulled, id, pulledTags, history, pushed, listed, archive: archive.length };
console.log(JSON.stringify({ ...facts, removed, missing, loaded, unpullable, pruned, events }));
