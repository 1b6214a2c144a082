import { bytesOf } from '#bytes';
import { DrayError } from '#errors';
import type { EngineAnswer, EngineConnection, EngineRequest } from './connection.ts';

export interface FakeAnswer {
  /** 200 by default. */
  readonly status?: number | undefined;
  readonly headers?: EngineAnswer['headers'] | undefined;
  /** Of an error its message. */
  readonly body?: string | undefined;
  /** Thrown after the body. */
  readonly fault?: Error | undefined;
}

export interface FakeConnection extends EngineConnection {
  readonly requests: readonly EngineRequest[];
  /** How many answers have been given up before their end. */
  readonly abandoned: number;
}

/** A connection to no engine: `answer` makes the answers. A body of several lines comes line by line. */
export function fakeConnection(
  answer: (request: EngineRequest) => FakeAnswer = () => ({ body: '{}' }),
  version = '1.51',
): FakeConnection {
  const requests: EngineRequest[] = [];
  let abandoned = 0;
  async function* lines(text: string, fault: Error | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    let isOver = false;
    try {
      for (const line of text.match(/[^\n]+\n?/g) ?? []) yield* bytesOf(Buffer.from(line));
      isOver = true;
      if (fault !== undefined) throw fault;
    } finally {
      if (!isOver) abandoned += 1;
    }
  }
  const send = (request: EngineRequest): Promise<EngineAnswer> => {
    requests.push(request);
    const { status = 200, headers = {}, body = '', fault } = answer(request);
    if (status < 400) return Promise.resolve({ status, headers, body: lines(body, fault) });
    const code = status === 401 ? 'UNAUTHORIZED' : status === 404 ? 'NOT_FOUND' : 'SERVER_FAILED';
    return Promise.reject(new DrayError(code, body, { detail: { status, message: body } }));
  };
  return {
    requests,
    get abandoned() {
      return abandoned;
    },
    send,
    async json<T>(request: EngineRequest) {
      let text = '';
      for await (const chunk of (await send(request)).body) text += Buffer.from(chunk).toString();
      return JSON.parse(text) as T;
    },
    async *objects<T extends object>(request: EngineRequest) {
      for await (const chunk of (await send(request)).body) yield JSON.parse(Buffer.from(chunk).toString()) as T;
    },
    takeOver: () => Promise.reject(new Error('nobody takes over')),
    version: () => Promise.resolve(version),
    close() {},
  };
}
