/**
 * The target of the first link with `rel="next"` in a Link header (RFC 8288), as it stands there; undefined where there is none. A link that
 * says nothing of its relation, or lacks the brackets, is taken for it too: to pass it over would be to lose what follows.
 */
export function nextLink(header: string | undefined): string | undefined {
  const text = header ?? '';
  let unrelated: string | undefined;
  for (let at = 0; ; ) {
    const open = text.indexOf('<', at);
    const close = text.indexOf('>', open);
    if (open < 0 || close < 0) return unrelated ?? (at === 0 ? withoutBrackets(text) : undefined);
    const { parameters, end } = readParameters(text, close + 1);
    const target = text.slice(open + 1, close);
    if (parameters.some(isNext)) return target;
    if (!parameters.some(isRelation)) unrelated ??= target;
    at = end;
  }
}

function withoutBrackets(text: string): string | undefined {
  const [target = ''] = text.split(';', 1);
  const { parameters } = readParameters(text, target.length);
  const bare = target.replace(/[<>]/g, '').trim();
  return bare !== '' && (parameters.some(isNext) || !parameters.some(isRelation)) ? bare : undefined;
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
  const [, value = ''] = parameter.split('=', 2);
  return isRelation(parameter) && value.trim().toLowerCase().split(' ').includes('next');
}

function isRelation(parameter: string): boolean {
  const [name = ''] = parameter.split('=', 1);
  return name.trim().toLowerCase() === 'rel';
}
