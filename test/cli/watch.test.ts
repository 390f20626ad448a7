import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import getPort from 'get-port';
import { startServer } from '../local/local-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { CuttableLine, eventsPrinted, FROM_THE_FIRST, startWatch } from './watch-process.ts';

jest.setTimeout(120_000);

const WAIT_MS = 40_000;
const CREATED = /session\.created.*\n/;

describe('a watch whose server goes away', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const started = async () => {
    const stack = await newStack();
    closing.push(() => stack.close());
    const PORT = String(await getPort({ host: '127.0.0.1' }));
    const start = async () => {
      const server = await startServer({ ...stack.env, PORT });
      closing.push(() => server.stop());
      return server;
    };
    return { stack, start, server: await start() };
  };
  const watching = (url: string, ...more: string[]) => {
    const watch = startWatch(url, ...more);
    closing.push(() => watch.stop('SIGKILL'));
    return watch;
  };
  const create = async ({ manager }: TestStack) => (await manager.createSession('ada', 'workshop')).id;

  test('sees what happened meanwhile when the server is there again, each event once', async () => {
    const { stack, start, server } = await started();
    const watch = watching(server.url, ...FROM_THE_FIRST, '--json', '--count', '4');
    const sessions = [await create(stack)];
    await watch.untilPrinted(CREATED, WAIT_MS);
    await server.stop();
    sessions.push(await create(stack), await create(stack));
    await start();
    sessions.push(await create(stack));
    expect(await watch.untilExit(WAIT_MS)).toEqual({ code: 0, signal: null });
    const told = eventsPrinted(watch).map(({ type, sessionId }) => `${type} ${sessionId}`);
    expect(told.sort()).toEqual(sessions.map((id) => `session.created ${id}`).sort());
  });

  test('names the last event that it has seen when it comes again', async () => {
    const { stack, server } = await started();
    const line = await CuttableLine.to(server.url);
    closing.push(() => line.close());
    const watch = watching(line.url, ...FROM_THE_FIRST, '--json', '--count', '2');
    await create(stack);
    await watch.untilPrinted(CREATED, WAIT_MS);
    line.cut();
    const missed = await create(stack);
    while (line.requests.length < 3) await sleep(20);
    line.mend();
    expect(await watch.untilExit(WAIT_MS)).toEqual({ code: 0, signal: null });
    const [seen, last] = eventsPrinted(watch);
    expect(last?.sessionId).toBe(missed);
    const [first, ...again] = line.requests.map((headers) => headers['last-event-id']);
    expect(first).toBe('none');
    expect(new Set(again)).toEqual(new Set([seen?.id]));
  });

  // It came again without saying where it had begun.
  test('misses nothing that happens before its first event', async () => {
    const { stack, server } = await started();
    await create(stack);
    const told = watching(server.url, ...FROM_THE_FIRST, '--count', '1');
    expect(await told.untilExit(WAIT_MS)).toEqual({ code: 0, signal: null });
    const line = await CuttableLine.to(server.url);
    closing.push(() => line.close());
    const watch = watching(line.url, '--json', '--count', '1');
    while (line.answers === 0) await sleep(20);
    line.cut();
    const missed = await create(stack);
    while (line.requests.length < 2) await sleep(20);
    line.mend();
    expect(await watch.untilExit(WAIT_MS)).toEqual({ code: 0, signal: null });
    expect(eventsPrinted(watch).map(({ sessionId }) => sessionId)).toEqual([missed]);
  });

  test('says so, and ends at Ctrl-C with 130, waiting or not', async () => {
    const { stack, server } = await started();
    const line = await CuttableLine.to(server.url);
    closing.push(() => line.close());
    const [connected, waiting] = [watching(line.url, ...FROM_THE_FIRST), watching(server.url, ...FROM_THE_FIRST)];
    await create(stack);
    await Promise.all([connected, waiting].map((watch) => watch.untilPrinted(CREATED, WAIT_MS)));
    expect(await connected.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(connected.output()).toMatch(/\nINTERRUPTED: Ended by SIGINT\.\n$/);
    while ((await line.connections()) > 0) await sleep(20);
    await server.stop();
    await waiting.untilPrinted(/\nThe connection is lost: connecting again\.\n$/, WAIT_MS);
    expect(await waiting.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(waiting.output()).toMatch(/\nINTERRUPTED: Ended by SIGINT\.\n$/);
  });
});
