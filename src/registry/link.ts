/** The target of the first link with `rel="next"` in a Link header (RFC 8288), as it stands there; undefined without one. */
export function nextLink(header: string | undefined): string | undefined {
  let rest = header ?? '';
  for (;;) {
    const open = rest.indexOf('<');
    const close = rest.indexOf('>', open);
    if (open < 0 || close < 0) return undefined;
    const end = endOfParameters(rest, close + 1);
    if (isNext(rest.slice(close + 1, end))) return rest.slice(open + 1, close);
    rest = rest.slice(end);
  }
}

/** Position of the comma, outside quotes, that ends a link. */
function endOfParameters(text: string, start: number): number {
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === ',' && !quoted) return at;
  }
  return text.length;
}

function isNext(parameters: string): boolean {
  return parameters.split(';').some((parameter) => {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() !== 'rel') return false;
    return value.trim().replaceAll('"', '').toLowerCase().split(' ').includes('next');
  });
}
