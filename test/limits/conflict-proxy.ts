import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

type Item = Record<string, { S?: string }>;
interface TransactItem {
  Put?: { Item: Item };
  Update?: { Key: Item };
  Delete?: { Key: Item };
  ConditionCheck?: { Key: Item };
}

/** Long enough for transactions that are sent at once to meet. */
const PREPARE_MS = 5;

export interface ConflictProxy {
  endpoint: string;
  /** How many writes were refused for a conflict. */
  conflicts: () => number;
  close(): Promise<void>;
}

/**
 * Stands before DynamoDB Local, which never raises conflicts, and raises them as the service does: a transaction or
 * write that comes while another transaction on one of its items is under way is refused.
 */
export async function startConflictProxy(target: string): Promise<ConflictProxy> {
  const busy = new Set<string>();
  let conflicts = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    const action = String(request.headers['x-amz-target']).split('.')[1];
    const keys = keysOf(action, body);
    if (keys.some((key) => busy.has(key))) {
      conflicts++;
      return action === 'TransactWriteItems' ? cancel(response, keys, busy) : conflict(response);
    }
    if (action !== 'TransactWriteItems') return forward(target, request, body, response);
    for (const key of keys) busy.add(key);
    try {
      await sleep(PREPARE_MS);
      await forward(target, request, body, response);
    } finally {
      for (const key of keys) busy.delete(key);
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    conflicts: () => conflicts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function keysOf(action: string | undefined, body: Buffer): string[] {
  if (action === 'TransactWriteItems') {
    const { TransactItems } = JSON.parse(body.toString()) as { TransactItems: TransactItem[] };
    return TransactItems.map(({ Put, Update, Delete, ConditionCheck }) =>
      keyOf((Put?.Item ?? Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key) as Item),
    );
  }
  if (action !== 'UpdateItem' && action !== 'PutItem' && action !== 'DeleteItem') return [];
  const { Key, Item } = JSON.parse(body.toString()) as { Key?: Item; Item?: Item };
  return [keyOf((Key ?? Item) as Item)];
}

const keyOf = ({ pk, sk }: Item): string => `${pk?.S}|${sk?.S}`;

function cancel(response: ServerResponse, keys: string[], busy: Set<string>): void {
  const reasons = keys.map((key) =>
    busy.has(key) ? { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' } : { Code: 'None' },
  );
  refuse(response, 'TransactionCanceledException', {
    Message: `Transaction cancelled [${reasons.map(({ Code }) => Code).join(', ')}]`,
    CancellationReasons: reasons,
  });
}

const conflict = (response: ServerResponse): void =>
  refuse(response, 'TransactionConflictException', { message: 'Transaction is ongoing for the item' });

function refuse(response: ServerResponse, type: string, body: object): void {
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...body }));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Settles when the answer of the database is there: only then is the transaction over. */
function forward(target: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = request;
    const onward = httpRequest(target + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('end', resolve).on('error', reject);
    });
    onward.on('error', reject);
    onward.end(body);
  });
}
