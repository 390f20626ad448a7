import { streamHandler } from '../lib/api/stream-handler.ts';
import { streamServices } from '../lib/composition/session-events-function.ts';

export const handler = streamHandler(streamServices());
