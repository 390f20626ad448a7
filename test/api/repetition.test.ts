import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';
import type { OperationName } from '../../lib/api/operations.ts';
import { routeRows, routes, type NamedRoute } from '../../lib/api/routes.ts';
import {
  NoAnswerError,
  SessionManagerClient,
  SessionManagerHttpClient,
} from '../../lib/api/client/session-manager-client.ts';
import { commandLine } from '../cli/run-command-line.ts';
import { cases, described, variants, type Input } from './described-repetition.ts';

const ATTEMPTS = 3;
const AWS = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'some', AWS_SECRET_ACCESS_KEY: 'some' };
const env = { ...AWS, ...Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), group])) };
const TOOL = { sessionId: 's', clientId: 'c', name: 'echo' };

test('the table of what clients send again has every operation, as its row has it', () => {
  const rows = Object.entries(routeRows).map(([operation, { repetition }]) => [operation, repetition]);
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(rows));
  for (const when of described.values()) expect(variants).toHaveProperty([when]);
});

describe('of a request whose connection is cut when it has arrived', () => {
  let server: Server;
  let url: string;
  let arrived: string[];
  /** Answers instead, from this request on. */
  let answerFrom: number;
  let answer: { status: number; body: object }[];

  beforeAll(async () => {
    const handle = async (request: IncomingMessage, response: ServerResponse) => {
      arrived.push(await nameOf(request));
      if (arrived.length < answerFrom) return void request.socket.destroy();
      const { status, body } = answer.shift() ?? { status: 200, body: { ok: true, output: null } };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(env, { AWS_ENDPOINT_URL_LAMBDA: url });
  });
  beforeEach(() => {
    [arrived, answerFrom, answer] = [[], Infinity, []];
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  async function nameOf(request: IncomingMessage): Promise<string> {
    const body = await text(request);
    if (request.url?.startsWith('/2015-03-31/functions/')) return (JSON.parse(body) as { operation: string }).operation;
    return `${request.method} ${request.url}`;
  }

  /** For each case, how often it arrives and what its caller is told; each by a client of its own. */
  async function expectArrivals(
    client: () => Record<string, (input: Input) => Promise<unknown>>,
    among: typeof cases,
    inputOf: (operation: OperationName) => Input = () => ({}),
  ): Promise<void> {
    const found = [];
    for (const { operation, input, again } of among) {
      arrived = [];
      const call = client()[operation]?.({ ...inputOf(operation), ...input });
      const told = await call?.catch((thrown: unknown) => thrown);
      const isTold = told instanceof NoAnswerError;
      found.push({ operation, input, again, times: arrived.length, kinds: new Set(arrived).size, isTold });
    }
    expect(found).toEqual(among.map((one) => ({ ...one, times: one.again ? ATTEMPTS : 1, kinds: 1, isTold: true })));
  }

  test('the client of the functions sends again what the table says and nothing else: it repeated tool calls', async () => {
    const newClient = () =>
      new SessionManagerClient(env) as unknown as Record<string, (input: Input) => Promise<unknown>>;
    await expectArrivals(newClient, cases);
  });

  test('the client over HTTP sends again what the table says and nothing else', async () => {
    const client = new SessionManagerHttpClient({ url }) as unknown as Record<
      string,
      (input: Input) => Promise<unknown>
    >;
    const routed = new Map<OperationName, NamedRoute>(routes.map((route) => [route.operation, route]));
    const inPath = (operation: OperationName) =>
      Object.fromEntries(
        [...(routed.get(operation)?.path ?? '').matchAll(/\{(\w+)\}/g)].map(([, field = '']) => [field, 'x'] as const),
      );
    const among = cases.filter(({ operation }) => routed.has(operation));
    expect(cases.length - among.length).toBe(2);
    await expectArrivals(() => client, among, inPath);
  });

  class Create {
    metadata = { a: '1' };
    get idempotencyKey() {
      return 'k';
    }
  }
  const noKeys: [string, unknown][] = [
    ['an inherited one', new Create()],
    ['an empty text', { idempotencyKey: '' }],
    ['a symbol', { idempotencyKey: Symbol('k') }],
    ['null', { idempotencyKey: null }],
  ];

  test.each(noKeys)(
    'a create whose key is not sent is not sent again: it made three sessions (%s)',
    async (_w, input) => {
      for (const client of [new SessionManagerClient(env), new SessionManagerHttpClient({ url })]) {
        arrived = [];
        await expect(client.createSession(input as Input)).rejects.toThrow();
        expect(arrived.length).toBeLessThanOrEqual(1);
      }
    },
  );

  test.each([null, Symbol('k'), {}])('a key that is no text does not become one in a header: %p', async (key) => {
    const client = new SessionManagerHttpClient({ url });
    const creating = client.createSession({ idempotencyKey: key as unknown as string });
    await expect(creating).rejects.toMatchObject({ code: 'VALIDATION' });
    expect(arrived).toEqual([]);
  });

  test('a create that says by toJSON what is sent is refused: it might have sent no key', async () => {
    const input = { idempotencyKey: 'k', toJSON: () => ({}) };
    for (const client of [new SessionManagerClient(env), new SessionManagerHttpClient({ url })]) {
      await expect(client.createSession(input)).rejects.toMatchObject({ code: 'VALIDATION' });
    }
    expect(arrived).toEqual([]);
  });

  test('the command line does the same', async () => {
    const run = (...args: string[]) => commandLine([...args, '--url', url, '--user', 'ada', '--org', 'acme']);
    expect(await run('mcp', 'call', 's', 'c', 'echo')).toMatchObject({ code: 6 });
    expect(arrived).toEqual(['POST /sessions/s/mcp-clients/c/tool-calls']);
    expect(await run('mcp', 'list', 's')).toMatchObject({ code: 6 });
    expect(arrived).toHaveLength(1 + ATTEMPTS);
  });

  test('a tool call that Lambda throttled is sent again: it was not carried out', async () => {
    answerFrom = 1;
    const throttled = {
      status: 429,
      body: { Type: 'User', message: 'Rate exceeded', __type: 'TooManyRequestsException' },
    };
    answer = [throttled, throttled];
    expect(await new SessionManagerClient(env).callMcpTool(TOOL)).toBeNull();
    expect(arrived).toHaveLength(3);
  });

  test('a tool call that Lambda failed to answer is not', async () => {
    answerFrom = 1;
    answer = [{ status: 502, body: { __type: 'ServiceException', message: 'no' } }];
    await expect(new SessionManagerClient(env).callMcpTool(TOOL)).rejects.toThrow();
    expect(arrived).toHaveLength(1);
  });

  test.each(['RequestTimeout', 'RequestTimeoutException', 'TimeoutError'])(
    'a tool call that was answered 400 %s is not: by its name the SDK sent it three times',
    async (__type) => {
      answerFrom = 1;
      answer = [{ status: 400, body: { __type, message: 'no' } }];
      await expect(new SessionManagerClient(env).callMcpTool(TOOL)).rejects.toThrow(NoAnswerError);
      expect(arrived).toHaveLength(1);
    },
  );

  test('a tool call that Lambda refused is told as that', async () => {
    answerFrom = 1;
    answer = [{ status: 404, body: { __type: 'ResourceNotFoundException', message: 'no' } }];
    const calling = new SessionManagerClient(env).callMcpTool(TOOL);
    await expect(calling).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(arrived).toHaveLength(1);
  });

  test.each(['callMcpTool', 'deleteFile', 'getSession'] as const)(
    'answered 421, %s is not sent again: by its standard, fetch did',
    async (name) => {
      answerFrom = 1;
      answer = [{ status: 421, body: {} }];
      const input = {
        callMcpTool: TOOL,
        deleteFile: { sessionId: 's', path: 'f', ifMatch: '"1"' },
        getSession: { sessionId: 's' },
      };
      const client = new SessionManagerHttpClient({ url }) as unknown as Record<
        string,
        (input: Input) => Promise<unknown>
      >;
      await expect(client[name]?.(input[name])).rejects.toThrow('421');
      expect(arrived).toHaveLength(1);
    },
  );

  test('another that follows is answered', async () => {
    answerFrom = 3;
    expect(await new SessionManagerClient(env).getHealth({})).toBeNull();
    expect(arrived).toHaveLength(3);
  });

  describe('an upload', () => {
    const content = new Uint8Array(1);
    const target = { sessionId: 's', path: 'f', content };
    afterEach(() => expect(new Set(arrived)).toEqual(new Set(['writeFile'])));

    test('sends the whole file again', async () => {
      answerFrom = 3;
      await new SessionManagerClient(env).upload(target);
      expect(arrived).toHaveLength(3);
    });

    test('under a condition does not', async () => {
      answerFrom = 2;
      const uploading = new SessionManagerClient(env).upload({ ...target, ifNoneMatch: '*' });
      await expect(uploading).rejects.toThrow(NoAnswerError);
      expect(arrived).toHaveLength(1);
    });
  });
});
