import { streamHandler } from '../lib/api/stream-handler.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';
import { streamServices } from '../lib/composition/session-events-function.ts';

export const handler = streamHandler(lazyServices(streamServices));
