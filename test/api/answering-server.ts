import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { SessionManagerHttpClient } from '../../lib/api/client/session-manager-client.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';

/** The environment of a client of the functions. */
export const FUNCTIONS = Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), group]));
export const ID = '01a2045b-8d44-72e6-97c0-cb9917303a81';
export const TOOL = { sessionId: ID, clientId: 'tools', name: 'echo' };

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Answers what it is told to. */
class AnsweringServer {
  /** Of each request in order; the last one is that of all others. `undefined`: none at all. */
  answers: (Answer | undefined)[] = [{}];
  asked: string[] = [];
  url = '';
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${request.method} ${request.url}`);
    request.resume();
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (!answer) return;
    const { status = 200, headers = {}, body = {} } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }
}

/** A server for the tests of a `describe`, which answers `{}` unless it is told otherwise, and a client of it. */
export function answeringServer() {
  const server = new AnsweringServer();
  beforeAll(() => server.start());
  beforeEach(() => {
    [server.answers, server.asked] = [[{}], []];
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => server.stop());
  return { server, overHttp: () => new SessionManagerHttpClient({ url: server.url }) };
}
