import { join } from 'node:path';
import { startDockerRegistry } from './docker-registry.ts';
import { compare, JAVA, NEEDS, PLAIN, short } from './docker-words.ts';
import { startDockerDaemon } from './dockerd.ts';
import { peerTest } from './peers.ts';
import { createUser } from './run.ts';

/** Command lines, in the order in which both run them, in the state that those before have left. */
function lines(java: string): readonly (readonly string[])[] {
  const id = short(JAVA);
  const tagged = java.replace(/:8$/, '');
  return [
    ['images'],
    ['images', java],
    ['images', tagged],
    ['images', '--no-trunc'],
    ['images', '--digests'],
    ['images', '-q', '--no-trunc'],
    ['images', '--format', '{{.ID}}: {{.Repository}}'],
    ['images', '--format', 'table {{.ID}}\\t{{.Repository}}\\t{{.Tag}}'],
    ['images', '--format', '{{.ID}} {{.Digest}} {{.CreatedAt}} {{.Size}} {{.VirtualSize}}'],
    ['images', '--format', '{{json .}}'],
    ['images', '-q', '--filter', 'label=version'],
    ['images', '-q', '--filter', 'label=version=0.2', '--filter', 'dangling=false'],
    ['images', '-f', 'dangling=true'],
    ['images', '-q', '-f', `before=${java}`],
    ['images', '-q', '-f', `since=${short(PLAIN)}`],
    ['images', '-q', '-f', 'until=2026-02-15'],
    ['images', '-f', 'before=nosuch'],
    ['images', '-f', 'colour=red'],
    ['images', 'nosuch'],
    ['image', 'ls', '-a'],
    ['inspect', java],
    ['image', 'inspect', id, short(PLAIN)],
    ['inspect', '--format', '{{json .Config.ExposedPorts}}', java],
    ['inspect', '--format={{json .RootFS}}', java],
    ['inspect', '-f', '{{json .Config}} {{.Id}} {{index .RepoTags 0}} {{.Config.Volumes}}', java, short(PLAIN)],
    [
      'inspect',
      '-f',
      '{{.Created}} {{.Author}} {{.Architecture}} {{.Size}} {{.Config.Env}} {{.Config.StopSignal}}',
      java,
    ],
    ['inspect', '-f', '{{range .RootFS.Layers}}{{println .}}{{end}}', java],
    ['inspect', '-f', '{{.Nope}}', java],
    ['inspect', '-f', '{{.Config.Nope}}', java],
    ['inspect', '-f', '{{', java],
    ['inspect', '-f', '{{index .RepoTags 7}}', java],
    ['inspect', 'nosuch'],
    ['inspect', '-f', '{{.Id}}', 'nosuch', java, 'nosuch2'],
    ['image', 'inspect', 'nosuch'],
    ['image', 'inspect', 'nosuch', java, '-f', '{{.Id}}'],
    ['inspect', `${tagged}@sha256:${'0'.repeat(64)}`],
    ['inspect', '0'.repeat(64)],
    ['history', java],
    ['history', '--no-trunc', id],
    ['history', '-q', java],
    ['history', '-q', '--no-trunc', java],
    ['history', '--human=false', '--format', '{{.ID}} {{.CreatedAt}} {{.CreatedSince}} {{.Size}} {{.Comment}}', java],
    ['history', '-H=false', java],
    ['history', '--format', 'json', java],
    ['history', 'nosuch'],
    ['tag', java, 'other:1'],
    ['tag', id, 'other'],
    ['tag', `sha256:${id}`, 'host.example:5000/third/image:x'],
    ['tag', 'nosuch', 'other:2'],
    ['tag', java, 'Upper'],
    ['tag', java, `other@sha256:${'0'.repeat(64)}`],
    ['tag', java, 'bad::name'],
    ['images', '--format', '{{.Repository}}:{{.Tag}}', '-f', 'reference=other'],
    ['inspect', '-f', '{{json .RepoTags}} {{json .RepoDigests}}', id],
    ['rmi', id],
    ['rmi', 'nosuch', 'other:1', 'nosuch:2'],
    ['rmi', '-f', 'nosuch'],
    // Another image takes the name: the first has it no more.
    ['tag', short(PLAIN), 'other'],
    ['images', '-q', 'other'],
    ['rmi', 'other', 'host.example:5000/third/image:x'],
    ['rmi', java],
    ['images', '-q', '--no-trunc'],
    ['rmi', short(PLAIN)],
    ['images'],
    ['rmi', short(PLAIN)],
    ['image', 'prune', '-f'],
    ['rmi'],
    ['tag', 'one'],
  ];
}

peerTest("docker's commands for images, word for word", NEEDS, async () => {
  const registry = await startDockerRegistry();
  await registry.push('java:8', JAVA);
  await registry.push('plain:1', PLAIN);
  const [java, plain] = [`${registry.host}/java:8`, `${registry.host}/plain:1`];
  const daemon = await startDockerDaemon('graph');
  const user = createUser();
  await createUser().dray(['pull', '-o', join(user.home, 'two.tar'), java, plain]);
  const archive = join(user.home, 'two.tar');
  await daemon.docker('load', '-i', archive);
  await user.dray(['load', '-i', archive]);
  await compare(lines(java), daemon, user);
});
