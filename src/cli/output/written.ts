import { humanSize, type OutputWritten } from '#progress';
import { oneLine } from './printable.ts';
import { shellWord } from './shell-word.ts';

/** What was written, and what to do with it. */
export function writtenLine({ path, format, size }: OutputWritten): string {
  const wrote = `Wrote ${oneLine(path)} (${humanSize(size)}).`;
  const file = shellWord(path);
  if (format === 'docker-archive') return `${wrote} Load it with: docker load -i ${file}`;
  if (format === 'oci-archive') return `${wrote} Load it with: podman load -i ${file}`;
  return `${wrote} It is an OCI layout; copy it with: skopeo copy ${shellWord(`oci:${path}`)} DESTINATION`;
}
