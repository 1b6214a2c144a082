/** What stands behind CMD and its like: a list of words, or a line for a shell. */
export interface CommandForm {
  readonly form: 'exec' | 'shell';
  readonly words: readonly string[];
}

/** As docker does: what is no JSON array of strings is a line for the shell. */
export function commandOf(text: string): CommandForm {
  const words = jsonWords(text);
  if (words !== undefined) return { form: 'exec', words };
  return { form: 'shell', words: text === '' ? [] : [text] };
}

export function jsonWords(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
