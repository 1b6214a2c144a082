import { DrayError, messageOf } from '#errors';
import { cleanText, type HttpRequest, type HttpResponse } from '#transport';
import { type DocumentOptions, type RegistryContext, readDocument } from './context.ts';

export interface JsonAnswer {
  readonly response: HttpResponse;
  readonly value: unknown;
}

/** As `readDocument`, for JSON. Rejects with BAD_RESPONSE for anything else. */
export async function readJson(
  context: RegistryContext,
  request: Pick<HttpRequest, 'url' | 'headers'>,
  options: DocumentOptions,
): Promise<JsonAnswer> {
  const headers = { accept: 'application/json', ...request.headers };
  const { response, bytes } = await readDocument(context, { ...request, headers }, options);
  try {
    return { response, value: JSON.parse(new TextDecoder().decode(bytes)) };
  } catch (error) {
    const found = cleanText(messageOf(error), 100);
    throw new DrayError('BAD_RESPONSE', `the answer for ${options.asked.what} is not JSON (${found})`);
  }
}
