// Prints what docker's client makes of templates, with an engine on the loopback that has the images in images.json.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const IMAGES = [
  '{{.ID}}',
  '{{.ID}}: {{.Repository}}',
  '{{.Repository}}:{{.Tag}}',
  '{{json .Tag}}',
  '{{json .Size}} {{json .}}',
  'json',
  '{{.Foo}}',
  '{{.id}}',
  '{{.ID',
  '{{.ID}}\\t{{.Tag}}\\n',
  '  {{.ID}}  ',
  ' table {{.ID}}',
  'pretty',
  'table',
  'table {{.ID}}\\t{{.Tag}}',
  'table {{.Repository}}\\t{{.Tag}}\\t{{.Size}}\\t{{.CreatedSince}}',
  'table {{.CreatedAt}}\\t{{.VirtualSize}}\\t{{.SharedSize}}\\t{{.UniqueSize}}\\t{{.Containers}}',
  'table{{.ID}}',
  'tablecloth {{.ID}}',
  'table {{.Foo}}\\t{{.ID}}',
  'table {{upper .Repository}}\\t{{json .Size}}',
  'table {{title .Repository}}\\t{{lower .Tag}}\\t{{truncate .ID 4}}',
  'table {{pad .ID 1 1}}|{{truncate .Repository 3}}',
  'table {{join (split .ID "0") ","}}\\t{{.Tag}}',
  'table {{slice .ID 0 12}}\\t{{.Tag}}',
  'table {{.Tag}}\\t{{slice .ID 0 12}}\\t{{.Size}}',
  'table {{range .ID}}{{end}}',
  'table {{.ID}}\\n{{.Tag}}',
  'table {{.ID}} {{if eq .Tag "1"}}x{{else}}y{{end}}',
  'table {{printf "%.3s" .ID}}\\t{{.Size}}',
  'table {{len .ID}}\\t{{.Tag}}',
  'table {{.ID.x}}',
  'table {{nope}}',
  'table {{.ID}}\\t',
  'table {{.ID}}\\t\\t{{.Tag}}',
  '{{.ID 1}}',
  '{{len .}}',
  '{{printf "%T" .}}',
  '{{printf "%d" .ID}}',
  '{{if eq .Tag "latest"}}{{.Repository}}{{end}}',
  '{{with .Tag}}{{.}}{{end}} {{$x := .ID}}{{$x | upper}}',
  '{{println .ID}}',
  '{{.Repository | printf "%-20s|"}}{{.Tag}}',
  '{{range split .Repository "/"}}<{{.}}>{{end}}',
];
const VERSION = [
  '{{.Client.Os}}',
  '{{json .Client.Os}}',
  '{{.Foo}}',
  '{{.Client.Foo}}',
  '{{',
  '{{if .Client}}a{{end}}\\t|',
  'table {{.Client.Os}}',
  '{{nope}}',
];

const { created, images } = JSON.parse(readFileSync(new URL('images.json', import.meta.url), 'utf8'));
const ANSWERS = {
  '/_ping': 'OK',
  '/images/json': images.map(({ id, repository, tag, size }) => ({
    Id: `sha256:${id.padEnd(64, '0')}`,
    ParentId: '',
    RepoTags: [`${repository}:${tag}`],
    RepoDigests: [],
    Created: Date.parse(created) / 1000,
    Size: size,
    SharedSize: -1,
    Labels: null,
    Containers: -1,
  })),
  '/version': { Version: '28.0.0', ApiVersion: '1.50', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' },
};

const server = createServer(({ url }, answer) => {
  const body = ANSWERS[url.replace(/^\/v[\d.]+/, '').replace(/\?.*/, '')];
  answer.writeHead(body === undefined ? 404 : 200, { 'Api-Version': '1.50', 'Content-Type': 'application/json' });
  answer.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

function docker(command, format) {
  const env = { ...process.env, DOCKER_HOST: `tcp://127.0.0.1:${server.address().port}`, TZ: 'UTC' };
  return new Promise((resolve) => {
    execFile('docker', [command, '--format', format], { env }, (error, stdout, stderr) =>
      resolve({ command, format, status: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

const cases = [];
for (const format of IMAGES) cases.push(await docker('images', format));
for (const format of VERSION) cases.push(await docker('version', format));
server.close();
process.stdout.write(`${JSON.stringify(cases, undefined, 2)}\n`);
