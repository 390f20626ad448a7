import { createHash, randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { SessionManagerHttpClient } from '../../lib/api/client/http-client.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';
import { SessionManagerClient, type Invoke, type Progress } from '../../lib/api/client/session-manager-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { newDirectory, startServer, type LocalServer } from './local-server.ts';

const PASSED_ON = /^(x-|if-|content-(type|range)|range|upload-)/;
const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the client’s transfers of files, through a real server', () => {
  let stack: TestStack;
  let server: LocalServer;
  let sessionId: string;
  let workspacePath: string;
  /** Fails the call of this number, after the server has carried it out. */
  let loseAnswer = 0;
  let calls = 0;

  const env = Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), group]));
  const invoke: Invoke = async (functionName, payload) => {
    const url = `${server.url}/2015-03-31/functions/${functionName}/invocations`;
    const response = await fetch(url, { method: 'POST', body: payload, signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (++calls === loseAnswer) throw new Error('lost');
    return text;
  };
  const retrying: Invoke = (functionName, payload) =>
    invoke(functionName, payload).catch(() => invoke(functionName, payload));
  const client = new SessionManagerClient(env, retrying);

  beforeAll(async () => {
    stack = await newStack();
    server = await startServer(stack.env);
    ({ id: sessionId, workspacePath } = await client.createSession({ userId: 'ada', orgId: 'acme' }));
  });
  afterAll(async () => {
    await server?.stop();
    await stack?.close();
  });

  const downloaded = async (file: string, onProgress?: (progress: Progress) => void) => {
    const hash = createHash('sha256');
    for await (const part of client.download({ sessionId, path: file, ...(onProgress && { onProgress }) })) {
      hash.update(part);
    }
    return hash.digest('hex');
  };

  test('20 MiB go up and down, and how far is told', async () => {
    const content = randomBytes(20 * MIB + 7);
    const source = path.join(await newDirectory(), 'source');
    await writeFile(source, content);
    const up: Progress[] = [];
    const down: Progress[] = [];
    const onProgress = (progress: Progress) => void up.push(progress);
    const uploaded = await client.upload({
      sessionId,
      path: 'deep/big.bin',
      content: await openAsBlob(source),
      onProgress,
    });
    expect(uploaded.size).toBe(content.length);
    expect(sha256(await readFile(path.join(workspacePath, 'deep/big.bin')))).toBe(sha256(content));
    expect(await downloaded('deep/big.bin', (progress) => down.push(progress))).toBe(sha256(content));
    for (const progress of [up, down]) {
      expect(progress).toHaveLength(6);
      expect(progress.at(-1)).toEqual({ transferred: content.length, total: content.length });
      expect(progress[0]).toEqual({ transferred: 4 * MIB, total: content.length });
    }
  });

  test.each([0, 1, 4 * MIB, 4 * MIB + 1])('%i bytes go up and down', async (size) => {
    const content = randomBytes(size);
    await client.upload({ sessionId, path: 'some', content });
    expect(await downloaded('some')).toBe(sha256(content));
  });

  test.each([1, 2, 3])('an upload goes on when the answer to its part %i is lost', async (part) => {
    const content = randomBytes(9 * MIB);
    loseAnswer = calls + part;
    await client.upload({ sessionId, path: 'again', content, mode: '640' });
    expect(await downloaded('again')).toBe(sha256(content));
    expect(await client.statFile({ sessionId, path: 'again' })).toMatchObject({ mode: '640' });
  });

  // The transfer was given up, with all that had arrived.
  test.each([1, 2, 3])('over HTTP, transfers go on when the connection is cut at their request %i', async (cutAt) => {
    const requests: Record<string, number> = {};
    const proxy = createServer((request, response) => {
      void buffer(request).then(async (body) => {
        const headers = request.headers as Record<string, string>;
        const own = Object.fromEntries(Object.entries(headers).filter(([name]) => PASSED_ON.test(name)));
        const { method = '' } = request;
        const sent = { method, headers: own, ...(method === 'PUT' && { body }) };
        const answer = await fetch(`${server.url}${request.url}`, sent);
        const answered = Buffer.from(await answer.arrayBuffer());
        requests[method] = (requests[method] ?? 0) + 1;
        if (requests[method] === cutAt) request.socket.destroy();
        else response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answered);
      });
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    try {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const over = new SessionManagerHttpClient({
        url,
        authorize: [() => ({ 'x-user-id': 'ada', 'x-org-id': 'acme' })],
      });
      const content = randomBytes(9 * MIB);
      await over.upload({ sessionId, path: 'cut', content, mode: '750' });
      const parts: Uint8Array[] = [];
      for await (const part of over.download({ sessionId, path: 'cut' })) parts.push(part);
      expect(sha256(Buffer.concat(parts))).toBe(sha256(content));
      expect(await client.statFile({ sessionId, path: 'cut' })).toMatchObject({ mode: '750' });
      for (const count of Object.values(requests)) expect(count).toBeGreaterThan(3);
    } finally {
      await new Promise((closed) => proxy.close(closed));
    }
  });

  test('a download of a file that is replaced meanwhile ends with an error, not with a mixture', async () => {
    await client.upload({ sessionId, path: 'changing', content: randomBytes(9 * MIB) });
    const parts = client.download({ sessionId, path: 'changing' });
    await parts.next();
    await client.upload({ sessionId, path: 'changing', content: randomBytes(9 * MIB) });
    await expect(parts.next()).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  });

  test('a file that is not there, or must not be there, is told as the error that it is', async () => {
    await expect(client.download({ sessionId, path: 'none' }).next()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await client.upload({ sessionId, path: 'once', content: randomBytes(3) });
    for (const content of [randomBytes(3), randomBytes(5 * MIB)]) {
      const again = client.upload({ sessionId, path: 'once', content, ifNoneMatch: '*' });
      await expect(again).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    }
  });
});
