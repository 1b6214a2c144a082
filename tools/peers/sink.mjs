// A null registry: takes every push (POST/PATCH/PUT), keeps only manifests (in memory); for measuring push clients. PORT, or 48090.
import http from 'node:http';
import { createHash } from 'node:crypto';
let n = 0; const man = new Map();
http.createServer((q, s) => {
  const [path, query = ''] = q.url.split('?');
  const end = (code, h = {}, body = '') => { s.writeHead(code, { 'content-length': body.length, ...h }); s.end(q.method === 'HEAD' ? '' : body); };
  const drain = f => { q.on('end', f); q.resume(); };
  if (path === '/v2/') return end(200);
  const m = /^(.*)\/manifests\/(.*)$/.exec(path);
  if (m && q.method === 'PUT') {
    const c = []; q.on('data', b => c.push(b));
    return q.on('end', () => { const b = Buffer.concat(c), d = 'sha256:' + createHash('sha256').update(b).digest('hex');
      const v = { b, h: { 'content-type': q.headers['content-type'], 'docker-content-digest': d } }; man.set(path, v); man.set(m[1] + '/manifests/' + d, v);
      end(201, { location: path, 'docker-content-digest': d }); });
  }
  if (q.method === 'HEAD' || q.method === 'GET') { const v = man.get(path); return v ? end(200, { ...v.h, 'content-length': v.b.length }, v.b) : end(404); }
  if (q.method === 'POST') return drain(() => end(202, { location: path + 'u' + ++n, range: '0-0', 'docker-upload-uuid': String(n) }));
  if (q.method === 'PATCH') { let b = 0; q.on('data', x => { b += x.length; }); return q.on('end', () => end(202, { location: path, range: `0-${Math.max(0, b - 1)}` })); }
  drain(() => end(201, { location: path, 'docker-content-digest': decodeURIComponent(/digest=([^&]+)/.exec(query)?.[1] ?? '') }));
}).listen(Number(process.env.PORT ?? 48090), '127.0.0.1');
