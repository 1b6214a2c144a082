// A null registry: takes every push (POST, PATCH, PUT) and keeps only the manifests, in memory. For measuring clients that push.
// Listens on 127.0.0.1, port PORT or 48090.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const manifests = new Map();
let uploads = 0;

function answer(response, status, headers = {}, body = '') {
  response.writeHead(status, { 'content-length': body.length, ...headers });
  response.end(response.req.method === 'HEAD' ? '' : body);
}

/** Calls `done` with the number of bytes of the body. */
function drain(request, done) {
  let bytes = 0;
  request.on('data', (chunk) => (bytes += chunk.length));
  request.on('end', () => done(bytes));
}

function keepManifest(request, response, path, name) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const kept = { body, headers: { 'content-type': request.headers['content-type'], 'docker-content-digest': digest } };
    manifests.set(path, kept);
    manifests.set(`${name}/manifests/${digest}`, kept);
    answer(response, 201, { location: path, 'docker-content-digest': digest });
  });
}

const server = createServer((request, response) => {
  const [path, query = ''] = request.url.split('?');
  if (path === '/v2/') return answer(response, 200);
  if (request.method === 'HEAD' || request.method === 'GET') {
    const kept = manifests.get(path);
    return kept === undefined ? answer(response, 404) : answer(response, 200, kept.headers, kept.body);
  }
  const [, name] = /^(.*)\/manifests\/[^/]*$/.exec(path) ?? [];
  if (name !== undefined && request.method === 'PUT') return keepManifest(request, response, path, name);
  return drain(request, (bytes) => {
    if (request.method === 'POST') {
      uploads += 1;
      answer(response, 202, { location: `${path}u${uploads}`, range: '0-0', 'docker-upload-uuid': String(uploads) });
    } else if (request.method === 'PATCH') {
      answer(response, 202, { location: path, range: `0-${Math.max(0, bytes - 1)}` });
    } else {
      const digest = new URLSearchParams(query).get('digest') ?? '';
      answer(response, 201, { location: path, 'docker-content-digest': digest });
    }
  });
});

server.listen(Number(process.env.PORT ?? 48090), '127.0.0.1');
