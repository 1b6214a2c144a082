/** JSON text as Go writes it: what HTML or JavaScript could take for markup is escaped, within strings, where alone it can stand. */
export function goJson(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
