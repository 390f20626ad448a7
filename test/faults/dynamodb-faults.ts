import { Readable } from 'node:stream';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { interpose } from '../setup/interpose.ts';

/** What happens to a request: before it is sent, and to its answer. Throw to fail it there. */
export interface Fault {
  before?: (command: string, input: object) => Promise<void> | void;
  after?: (command: string, input: object) => Promise<void> | void;
  /** In place of the request, which it can send when it wants to. */
  around?: (send: () => Promise<unknown>, input: object) => Promise<unknown>;
}

/** Puts a fault around each request of the client, inside the SDK's own retries; gives what takes it away. */
export function inject(client: DynamoDBClient, { before, after, around = (send) => send() }: Fault): () => void {
  return interpose(
    client,
    (next, context) => async (args) => {
      const command = String(context.commandName);
      await before?.(command, args.input);
      const answer = (await around(() => next(args), args.input)) as Awaited<ReturnType<typeof next>>;
      await after?.(command, args.input);
      return answer;
    },
    { step: 'finalizeRequest', priority: 'low', name: 'injected-fault' },
  );
}

/** Makes every request of the client fail with what nobody expects; gives what mends it. */
export function failEvery(client: DynamoDBClient): () => void {
  return interpose(
    client,
    () => async () => {
      throw new Error('a surprise');
    },
    { step: 'initialize', name: 'surprise' },
  );
}

/** Does something at the first `times` requests with this command. */
export function atFirst(times: number, command: string, act: (input: object) => Promise<void> | void) {
  let left = times;
  return async (name: string, input: object) => {
    if (name === command && left-- > 0) await act(input);
  };
}

/** The reply is lost: the SDK cannot know whether the request was carried out. */
export function lostReply(): never {
  throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
}

interface RawReply {
  response: { body: unknown };
}

/** From the reply on that `isHit` chooses by its request, only the first bytes of its body arrive. Gives what ends it. */
export function cutReplies(client: DynamoDBClient, isHit: (input: object) => boolean): () => void {
  return interpose(
    client,
    (next) => async (args) => {
      const answer = await next(args);
      if (isHit(args.input)) (answer as unknown as RawReply).response.body = Readable.from(['{"Half']);
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'cut-replies' },
  );
}

interface TransactInput {
  TransactItems?: { Put?: { Item: object } }[];
}

/** The transaction that records a session. */
export const isCreate = (input: object): boolean =>
  (input as TransactInput).TransactItems?.some(({ Put }) => Put && 'createdAt' in Put.Item) ?? false;
