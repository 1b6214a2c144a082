import { type Command, defineCommand } from '../command.ts';
import { SCRIPTS, type Shell } from '../completion/shell-scripts.ts';
import { write } from '../context.ts';
import { oneOf } from '../flags/values.ts';

const shellOf = oneOf('bash', 'zsh', 'fish', 'powershell');

export const completion: Command = defineCommand({
  name: 'completion',
  usage: 'bash|zsh|fish|powershell',
  description:
    'Print a script that completes commands, flags, images and the tags of registries in a shell. It asks dray itself: it need not be printed again after an update.',
  operands: { min: 1, max: 1 },
  isDockers: true,
  registry: 'none',
  flags: () => [],
  examples: [
    ['dray completion bash > ~/.local/share/bash-completion/completions/dray', 'bash: from the next shell on'],
    ['dray completion zsh > "${fpath[1]}/_dray"', 'zsh: from the next shell on'],
    ['dray completion fish > ~/.config/fish/completions/dray.fish', 'fish'],
    ['dray completion powershell | Out-String | Invoke-Expression', 'PowerShell: in this one, or from $PROFILE'],
  ],
  async run({ operands, context }) {
    const shell: Shell = shellOf(operands[0] ?? '', 'completion');
    await write(context.stdout, SCRIPTS[shell]);
  },
});
