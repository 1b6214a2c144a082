import { cleanText, type HttpResponse } from '#transport';

/** What a registry calls the content that it has taken, fit to be shown; undefined where it does not say. */
export function toldDigest({ headers }: HttpResponse): string | undefined {
  const text = headers.get('docker-content-digest')?.trim() ?? '';
  return text === '' ? undefined : cleanText(text, 150);
}
