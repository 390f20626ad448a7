import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Request {
  IndexName?: string;
  TransactItems?: Record<string, object>[];
}

/** Transactions have no permission of their own: each of their parts needs its own. */
const TRANSACTED: Record<string, string> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/** Stands before DynamoDB Local, which knows no permissions, and lets through what a role allows. */
export class PermissionGate {
  /** `action on resource`, as `permissionsOf` gives them. */
  readonly used = new Set<string>();
  readonly refused = new Set<string>();
  /** For one request: as if the role allowed nothing. */
  refuseNext = false;
  private readonly endpoint: string;
  private readonly allowed: ReadonlySet<string>;
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(endpoint: string, allowed: string[]) {
    this.endpoint = endpoint;
    this.allowed = new Set(allowed);
  }

  /** Gives its URL. */
  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (!this.lets(permissionsFor(request.headers, JSON.parse(body) as Request))) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(
        JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', message: 'not allowed' }),
      );
      return;
    }
    const headers = forwarded(request.headers);
    const answer = await fetch(this.endpoint, { method: 'POST', headers, body });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  private lets(needed: string[]): boolean {
    if (this.refuseNext) {
      this.refuseNext = false;
      return false;
    }
    const missing = needed.filter((permission) => !this.allowed.has(permission));
    for (const permission of needed) this.used.add(permission);
    for (const permission of missing) this.refused.add(permission);
    return missing.length === 0;
  }
}

function permissionsFor(headers: IncomingHttpHeaders, { IndexName, TransactItems }: Request): string[] {
  const operation = String(headers['x-amz-target']).split('.')[1];
  if (operation !== 'TransactWriteItems' && operation !== 'TransactGetItems') {
    return [`dynamodb:${operation} on SessionTable${IndexName === undefined ? '' : `/index/${IndexName}`}`];
  }
  return (TransactItems ?? []).flatMap((item) =>
    Object.keys(item).map((part) => `dynamodb:${TRANSACTED[part]} on SessionTable`),
  );
}

/** What makes the request; the rest belongs to one connection. */
const forwarded = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    ['x-amz-target', 'content-type', 'authorization', 'x-amz-date', 'x-amz-security-token'].map((name) => [
      name,
      String(headers[name]),
    ]),
  );
