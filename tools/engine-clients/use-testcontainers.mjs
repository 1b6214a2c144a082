// What testcontainers does before it starts a container, against the engine of DOCKER_HOST. Prints what it found as JSON.
//
//     node use-testcontainers.mjs HOST:PORT/NAME:TAG HOST:PORT/MISSING:TAG
import { getContainerRuntimeClient, ImageName } from 'testcontainers';

const [reference, missing] = process.argv.slice(2).map((text) => ImageName.fromString(text));
const { image, info } = await getContainerRuntimeClient();
const before = await image.exists(reference);
await image.pull(reference);
const after = await image.exists(reference);
await image.pull(reference, { force: true, platform: 'linux/amd64' });
const inspected = await image.inspect(reference);
let refused;
try {
  await image.pull(missing);
} catch (error) {
  refused = error.message;
}
console.log(JSON.stringify({ engine: info.containerRuntime, before, after, inspected, refused }));
