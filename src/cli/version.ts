// Set by the build, which puts everything into one file.
declare const DRAY_VERSION: string | undefined;

/** The version of this dray, as its package says. */
export async function drayVersion(): Promise<string> {
  if (typeof DRAY_VERSION === 'string') return DRAY_VERSION;
  const { readFile } = await import('node:fs/promises');
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(version);
}
