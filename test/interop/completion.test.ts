import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helloImage } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { peerPath, peerTest } from './peers.ts';
import { COMMAND, createUser, run, type User } from './run.ts';

/** A user who has `dray` in the PATH, as it is installed; with what to set for the shell. */
function installed(): { readonly user: User; readonly env: Readonly<Record<string, string>> } {
  const user = createUser();
  const program = join(user.home, 'dray');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
  chmodSync(program, 0o755);
  const cache = join(user.home, '.cache');
  return { user, env: { ...user.env, PATH: `${user.home}:${peerPath}`, XDG_CACHE_HOME: cache, TERM: 'dumb' } };
}

/** Command lines, the cursor at their end, and what is offered for the last word. */
function cases(host: string): readonly (readonly [line: string, offered: readonly string[]])[] {
  return [
    ['dray valid', ['validate']],
    ['dray pull --platform linux/ar', ['linux/arm/v6', 'linux/arm/v7', 'linux/arm64']],
    ['dray tags --sort=se', ['--sort=semver']],
    ['dray image hist', ['history']],
    [`dray pull ${host}/team/app:1`, [`${host}/team/app:1.0`, `${host}/team/app:1.1`]],
    ['dray completion z', ['zsh']],
  ];
}

async function startRegistry(): Promise<string> {
  const registry = await startDockerRegistry();
  for (const tag of ['1.0', '1.1', '2.0']) await registry.push(`team/app:${tag}`, helloImage('amd64'));
  return registry.host;
}

/** What needs a registry is offered only where that answers soon: on a slow machine it is asked for again. */
async function untilOffered(ask: () => Promise<string>): Promise<string> {
  for (const end = Date.now() + 60_000; ; ) {
    const found = (await ask()).trim();
    if (found !== '' || Date.now() > end) return found;
  }
}

peerTest('completion in bash', ['bash', 'docker-registry'], async () => {
  const host = await startRegistry();
  const { user, env } = installed();
  writeFileSync(join(user.home, 'dray.bash'), await user.dray(['completion', 'bash']));
  // As readline gives them: words are split at : and = too.
  const probe = `source "$HOME/dray.bash"
COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
read -ra plain <<<"$1"
COMP_WORDS=()
for word in "\${plain[@]}"; do
  while [[ $word =~ ^([^:=]*)([:=])(.*)$ ]]; do
    [[ -n \${BASH_REMATCH[1]} ]] && COMP_WORDS+=("\${BASH_REMATCH[1]}")
    COMP_WORDS+=("\${BASH_REMATCH[2]}")
    word=\${BASH_REMATCH[3]}
  done
  [[ -n $word ]] && COMP_WORDS+=("$word")
done
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
__dray_complete
printf '%s\\n' "\${COMPREPLY[@]}"`;
  for (const [line, offered] of cases(host)) {
    const found = await untilOffered(() => run('bash', ['--norc', '-c', probe, 'bash', line], { env }));
    // readline puts it behind the last : or =.
    const rest = offered.map((value) => value.slice(Math.max(value.lastIndexOf(':'), value.lastIndexOf('=')) + 1));
    assert.deepEqual(found.split('\n').sort(), rest.toSorted(), line);
  }
});

peerTest('completion in fish', ['fish', 'docker-registry'], async () => {
  const host = await startRegistry();
  const { user, env } = installed();
  writeFileSync(join(user.home, 'dray.fish'), await user.dray(['completion', 'fish']));
  for (const [line, offered] of cases(host)) {
    const probe = `source $HOME/dray.fish; complete -C "${line}"`;
    const found = await untilOffered(() => run('fish', ['-N', '-c', probe], { env }));
    const values = found.split('\n').map((one) => one.split('\t')[0] ?? '');
    assert.deepEqual(values.sort(), offered.toSorted(), line);
  }
});

peerTest('completion in zsh', ['zsh', 'docker-registry'], async () => {
  const host = await startRegistry();
  const { user, env } = installed();
  writeFileSync(join(user.home, '_dray'), await user.dray(['completion', 'zsh']));
  // A shell in a terminal of its own: what it offers is put into the line, or listed, where it is read off.
  const probe = `zmodload zsh/zpty
zpty shell "TERM=dumb PS1='%# ' zsh -f -i"
zpty -w shell 'fpath=("$HOME" $fpath); autoload -U compinit; compinit -u -D; LISTMAX=1000; compadd() { local -a all; [[ "$*" == *"-a values"* ]] && print -rl -- "$values[@]" > "$HOME/offering" && mv "$HOME/offering" "$HOME/offered"; builtin compadd "$@"; }; print READY'
zpty -r shell out '*READY*READY*'
zpty -w -n shell "$1"$'\\t'
for i in {1..300}; do [[ -e "$HOME/offered" ]] && break; sleep 0.1; done
cat "$HOME/offered"
rm -f "$HOME/offered"
zpty -d shell`;
  for (const [line, offered] of cases(host)) {
    const found = await untilOffered(() => run('zsh', ['-f', '-c', probe, 'zsh', line], { env }));
    assert.deepEqual(found.split('\n').sort(), offered.toSorted(), line);
  }
});
