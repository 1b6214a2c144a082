import { startDockerRegistry } from './docker-registry.ts';
import { compare, JAVA, NEEDS, PLAIN, short } from './docker-words.ts';
import { startDockerDaemon } from './dockerd.ts';
import { peerTest } from './peers.ts';
import { createUser } from './run.ts';

peerTest("docker's commands for images that were pulled, and whose tags move", NEEDS, async () => {
  const registry = await startDockerRegistry();
  await registry.push('app:1', JAVA);
  const daemon = await startDockerDaemon('graph');
  const user = createUser();
  const app = `${registry.host}/app`;
  const looks = [
    ['images'],
    ['images', '--digests'],
    ['images', '--format', '{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}', app],
    ['images', '--digests', '-f', 'dangling=true'],
    ['inspect', '-f', '{{json .RepoTags}} {{json .RepoDigests}}', short(JAVA)],
    ['inspect', `${app}@${JAVA.root.digest}`, '-f', '{{.Id}}'],
    ['history', `${app}@${JAVA.root.digest}`],
  ];
  await compare(
    [['pull', '-q', `${app}:1`], ...looks, ['tag', `${app}:1`, `${app}:2`], ['tag', `${app}:1`, 'x'], ...looks],
    daemon,
    user,
  );
  await compare([['rmi', short(JAVA)], ['rmi', 'x'], ['rmi', `${app}:2`], ...looks], daemon, user);
  await registry.push('app:1', PLAIN);
  await compare([['pull', '-q', `${app}:1`], ...looks, ['inspect', `${app}:1`]], daemon, user);
  await compare([['image', 'prune', '-f', '--filter', 'label=version=9'], ...looks], daemon, user);
  await compare(
    [['rmi', `${app}@${JAVA.root.digest}`], ...looks, ['pull', '-q', `${app}@${JAVA.root.digest}`], ...looks],
    daemon,
    user,
  );
  await compare([['rmi', '-f', short(JAVA)], ['rmi', `${app}:1`], ...looks], daemon, user);
});
