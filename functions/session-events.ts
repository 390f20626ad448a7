import { streamHandler } from '../lib/api/stream-handler.ts';
import { lazyServices } from '../lib/services.ts';
import { streamServices } from '../lib/stream-services.ts';

export const handler = streamHandler(lazyServices(streamServices));
