import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { besieged, checkClosed } from './besieged.ts';
import { checkError, digestOf, OCI_MANIFEST } from './client.ts';
import { sendRaw, silentConnections, statusesOf } from './raw-connection.ts';

const name = 'connections/here';
const MIB = 1 << 20;
const client = besieged();

/** Others are served while so many connections are as they are. */
async function checkServed(): Promise<void> {
  for (let left = 20; left > 0; left -= 1) assert.equal((await client.get('/v2/')).status, 200);
  const digest = await client.pushBlob(name, randomBytes(1_000));
  assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).status, 200);
}

describe('connections that do not go on', () => {
  for (const [what, bytes] of [
    ['nothing', ''],
    ['half a request line', 'GET /v2/'],
    ['half a head', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow:'],
    [
      'half a body of a manifest',
      `PUT /v2/${name}/manifests/slow HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: 1000\r\n\r\n{`,
    ],
    [
      'half a body of a blob',
      `POST /v2/${name}/blobs/uploads/?digest=${digestOf('x')} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx`,
    ],
    [
      'half a chunk',
      `POST /v2/${name}/blobs/uploads/?digest=${digestOf('x')} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nx`,
    ],
  ] as const)
    it(`serves others while 500 have sent ${what}`, async () => {
      const sockets = await silentConnections(client.registry.port, 500, bytes);
      try {
        await checkServed();
      } finally {
        for (const socket of sockets) socket.destroy();
      }
      await checkClosed(client);
    });
});

describe('bodies without end', () => {
  /** Sends chunks until there is an answer or the other side has had enough; resolves to the answer and what was sent. */
  async function pour(head: string, most: number): Promise<{ readonly text: string; readonly sent: number }> {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, ' '), Buffer.from('\r\n')]);
    return new Promise((resolve) => {
      let [text, sent] = ['', 0];
      const socket = connect(client.registry.port, '127.0.0.1', () => {
        socket.write(head);
        pump();
      });
      const end = (): void => {
        socket.destroy();
        resolve({ text, sent });
      };
      const pump = (error?: Error | null): void => {
        if (error !== undefined && error !== null) setTimeout(end, 50);
        else if (sent >= most) setTimeout(end, 1_000);
        else if (!socket.destroyed && text === '') {
          sent += chunk.length;
          socket.write(chunk, pump);
        }
      };
      socket.on('data', (data) => {
        text += data.toString();
        setTimeout(end, 50);
      });
      socket.on('error', () => setTimeout(end, 50)).on('close', end);
    });
  }

  it('refuses a manifest without end before it has all of it', async () => {
    const head = `PUT /v2/${name}/manifests/endless HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { text, sent } = await pour(head, 256 * MIB);
    assert.ok(sent < 64 * MIB, `it took ${sent} bytes`);
    assert.match(text, /^HTTP\/1\.1 (400|413)|^$/);
    assert.equal((await client.get(`/v2/${name}/manifests/endless`)).status, 404);
  });

  it('refuses a manifest that says that it is too long', async () => {
    for (const length of [5 * MIB, 300 * MIB, 1e15]) {
      const head = `PUT /v2/${name}/manifests/long HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: ${length}\r\n\r\n{`;
      const [status] = statusesOf(await sendRaw(client.registry.port, head, { until: /\r\n\r\n/ }));
      assert.ok(status === 400 || status === 413, `${status}`);
    }
  });

  it('ends with a body that a request need not have', async () => {
    for (const target of [
      'GET /v2/',
      `DELETE /v2/${name}/manifests/none`,
      `GET /v2/${name}/tags/list`,
      'GET /nothing',
    ]) {
      const { sent } = await pour(`${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`, 128 * MIB);
      assert.ok(sent < 64 * MIB, `it took ${sent} bytes for ${target}`);
    }
  });

  it('keeps its memory small while 20 clients push blobs', async () => {
    const blobs = Array.from({ length: 20 }, () => randomBytes(6 * MIB));
    const digests = await Promise.all(blobs.map((blob) => client.pushBlob(name, blob)));
    client.registry.checkManners();
    for (const digest of digests) assert.equal((await client.ask('HEAD', `/v2/${name}/blobs/${digest}`)).status, 200);
  });

  it('answers a refused push and takes the next one on the same connection or a new one', async () => {
    const answer = await client
      .ask('PUT', `/v2/${name}/manifests/long`, { body: Buffer.alloc(6 * MIB, ' ') })
      .catch(() => undefined);
    if (answer !== undefined) checkError(answer, [400, 413]);
    await checkServed();
  });
});
