import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { DrayError } from '#errors';
import { cleanText } from '#transport';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `docker-credential-<suffix>`. Throws INVALID_CONFIGURATION for a suffix that could lead out of the folders of PATH. */
export function helperName(suffix: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(suffix))
    throw new DrayError(
      'INVALID_CONFIGURATION',
      `"${cleanText(suffix, 60)}" cannot be the name of a credential helper`,
      {
        hint: 'it is the part after docker-credential-, without a folder',
      },
    );
  return `docker-credential-${suffix}`;
}

/** File names under which a program may stand: on Windows the shell's scripts, too. */
export function programFiles(name: string, platform: NodeJS.Platform): readonly string[] {
  if (platform !== 'win32') return [name];
  return /\.(exe|cmd|bat)$/i.test(name) ? [name] : [`${name}.exe`, `${name}.cmd`, `${name}.bat`];
}

/**
 * The path of a helper program. Relative folders of PATH are passed over: what lies in the working folder must not get to see a password.
 * Rejects with CREDENTIALS_UNAVAILABLE when it is in none of them.
 */
export async function findHelper(name: string, env: Environment): Promise<string> {
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  for (const folder of path.split(delimiter).filter((entry) => isAbsolute(entry))) {
    for (const file of programFiles(name, process.platform)) {
      const program = join(folder, file);
      if (await isProgram(program)) return program;
    }
  }
  throw new DrayError(
    'CREDENTIALS_UNAVAILABLE',
    `the credential helper ${name} is not in PATH (${cleanText(path, 300)})`,
    {
      hint: 'install it, take it out of the docker configuration, or go without credentials: --anonymous',
      detail: { helper: name },
    },
  );
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
