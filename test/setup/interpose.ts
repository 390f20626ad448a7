import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Add = DynamoDBClient['middlewareStack']['add'];
type Middleware = Parameters<Add>[0];

interface Place {
  name: string;
  step: 'initialize' | 'build' | 'finalizeRequest' | 'deserialize';
  priority?: 'low' | 'high';
}

/** Puts middleware into a client that may have sent requests already; gives what takes it out. */
export function interpose(client: DynamoDBClient, middleware: Middleware, place: Place): () => void {
  client.middlewareStack.add(middleware, place as unknown as Parameters<Add>[1]);
  forgetPutTogether(client);
  return () => {
    client.middlewareStack.remove(place.name);
    forgetPutTogether(client);
  };
}

/** What the SDK keeps with `cacheMiddleware`. Its own way to forget it, `destroy`, would cut requests that are under way. */
function forgetPutTogether(client: DynamoDBClient): void {
  delete (client as unknown as { handlers?: object }).handlers;
}
