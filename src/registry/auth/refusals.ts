import { DrayError } from '#errors';
import type { HttpRequest, HttpResponse } from '#transport';
import { cleanText } from '#transport';
import { type Challenge, parseChallenges } from './challenge.ts';
import { serverWords, type WordsOptions } from './server-words.ts';

/** The next step where a registry wants other credentials, or any. */
export function loginHint(registry: string): string {
  return `log in: dray login${registry === 'docker.io' ? '' : ` ${registry}`}`;
}

/** What a refused request was: the registry's name, the request, what it showed. */
export interface Refused {
  readonly registry: string;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** `scheme`: how the registry wants to be shown credentials, where it says so. */
function detailOf({ registry, request, response }: Refused): Record<string, unknown> {
  const [first] = parseChallenges(response.headers.all('www-authenticate'));
  const scheme = first === undefined ? undefined : cleanText(first.scheme, 20);
  const { status } = response;
  return { registry, endpoint: request.url.origin, status, ...(scheme !== undefined && { scheme }) };
}

async function wordsAfter(refused: Refused, options: WordsOptions): Promise<string> {
  const words = await serverWords(refused.response, options);
  return words === '' ? '' : `: ${words}`;
}

/** The error of a 403. */
export async function denied(refused: Refused, options: WordsOptions): Promise<DrayError> {
  const words = await wordsAfter(refused, options);
  const { registry, request } = refused;
  return new DrayError('DENIED', `${registry} does not allow ${request.method} ${request.url.pathname}${words}`, {
    detail: detailOf(refused),
    ...(options.credential === undefined ? { hint: loginHint(registry) } : {}),
  });
}

/** The error of a 401 that credentials could mend: there are none, or they were refused. */
export async function unauthorized(refused: Refused, options: WordsOptions): Promise<DrayError> {
  const words = await wordsAfter(refused, options);
  const { registry, request } = refused;
  const hint = loginHint(registry);
  if (options.credential === undefined)
    return new DrayError('UNAUTHORIZED', `${registry} wants credentials for ${request.url.pathname}${words}`, {
      detail: { ...detailOf(refused), credentials: 'none' },
      hint,
    });
  return new DrayError('UNAUTHORIZED', `${registry} refuses the credentials for ${request.url.pathname}${words}`, {
    detail: { ...detailOf(refused), credentials: 'refused' },
    hint: `check them, or ${hint}`,
  });
}

/** The error of a 401 that asks for nothing that can be given. */
export async function unanswerable(
  refused: Refused,
  challenges: readonly Challenge[],
  options: WordsOptions,
): Promise<DrayError> {
  const words = await wordsAfter(refused, options);
  const schemes = [...new Set(challenges.map(({ scheme }) => cleanText(scheme, 20)))].join(', ');
  const asks =
    schemes === ''
      ? 'without saying how to authenticate'
      : schemes === 'bearer'
        ? 'and names no token service'
        : `and asks for ${schemes}, which dray cannot answer`;
  const { registry, request } = refused;
  return new DrayError('UNAUTHORIZED', `${registry} answers 401 to ${request.url.pathname} ${asks}${words}`, {
    detail: { ...detailOf(refused), credentials: 'none' },
    hint: `if it needs credentials, ${loginHint(registry)}`,
  });
}
