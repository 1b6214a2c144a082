import { shortId } from '#oci';
import type { OnEvent } from '#progress';
import type { MessageStream } from '../http/message-stream.ts';
import { movingMessage } from '../progress/step-message.ts';

/** Tells of the layers of a load what docker tells: how far each is that was not here before. */
export function layerMessages(messages: MessageStream): OnEvent {
  return (event) => {
    if (event.kind === 'warning') messages.write({ stream: `${event.text}\n` });
    if (event.kind !== 'blob-progress' || event.role !== 'layer') return;
    messages.write(movingMessage('Loading layer', shortId(event.digest), event));
  };
}
