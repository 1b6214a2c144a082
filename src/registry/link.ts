/** The target of the first link with `rel="next"` in a Link header (RFC 8288), as it stands there; undefined without one. */
export function nextLink(header: string | undefined): string | undefined {
  const text = header ?? '';
  for (let at = 0; ; ) {
    const open = text.indexOf('<', at);
    const close = text.indexOf('>', open);
    if (open < 0 || close < 0) return undefined;
    const { parameters, end } = readParameters(text, close + 1);
    if (parameters.some(isNext)) return text.slice(open + 1, close);
    at = end;
  }
}

/** The parameters of one link, quotes taken off, and the position of the comma behind them. */
function readParameters(text: string, start: number): { readonly parameters: readonly string[]; readonly end: number } {
  const parameters: string[] = [];
  let quoted = false;
  let current = '';
  let at = start;
  for (; at < text.length && (quoted || text[at] !== ','); at += 1) {
    const char = text[at] ?? '';
    if (char === '"') quoted = !quoted;
    else if (quoted && char === '\\') at += 1;
    else if (char === ';' && !quoted) {
      parameters.push(current);
      current = '';
    } else current += char;
  }
  return { parameters: [...parameters, current], end: at };
}

function isNext(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=', 2);
  return name.trim().toLowerCase() === 'rel' && value.trim().toLowerCase().split(' ').includes('next');
}
