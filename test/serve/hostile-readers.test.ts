import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { besieged, checkClosed } from './besieged.ts';
import { digestOf } from './client.ts';
import { sendRaw, silentConnections, statusesOf } from './raw-connection.ts';

const name = 'readers/here';
const big = randomBytes(48 << 20);
const client = besieged({}, async (pusher) => {
  await pusher.pushBlob(name, big);
});
const request = `GET /v2/${name}/blobs/${digestOf(big)} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Others are served while so many connections are as they are. */
async function checkServed(): Promise<void> {
  for (let left = 20; left > 0; left -= 1) assert.equal((await client.get('/v2/')).status, 200);
  const digest = await client.pushBlob(name, randomBytes(1_000));
  assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).status, 200);
}

describe('readers that do not read', () => {
  it('serves others while 30 have stopped reading in the middle of a big blob', async () => {
    const sockets = await silentConnections(client.registry.port, 30, request);
    for (const socket of sockets) socket.pause();
    try {
      await checkServed();
      client.registry.checkManners();
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await checkClosed(client);
  });

  it('serves others while one asks a thousand times and reads nothing', async () => {
    const [socket] = await silentConnections(client.registry.port, 1, request.repeat(1_000));
    socket?.pause();
    try {
      await checkServed();
      await new Promise((resolve) => {
        setTimeout(resolve, 1_500);
      });
    } finally {
      socket?.destroy();
    }
  });

  it('forgets clients that leave in the middle of a blob', async () => {
    for (let left = 100; left > 0; left -= 1) {
      const text = await sendRaw(client.registry.port, request, { until: /\r\n\r\n/ });
      assert.equal(statusesOf(text)[0], 200);
    }
    await checkClosed(client);
  });
});
