import { expect, test } from '@jest/globals';
import { startServer } from '../local/local-server.ts';
import { newStack } from '../setup/test-stack.ts';
import { CuttableLine, FROM_THE_FIRST, startWatch } from './watch-process.ts';

const LONG = 240_000;

test(
  'a watch whose server stays away gives up after some tries, and says why',
  async () => {
    const stack = await newStack();
    const server = await startServer(stack.env);
    const line = await CuttableLine.to(server.url);
    const watch = startWatch(line.url, ...FROM_THE_FIRST);
    try {
      await stack.manager.createSession('ada', 'workshop');
      await watch.untilPrinted(/session\.created.*\n/, LONG / 4);
      line.cut();
      expect(await watch.untilExit(LONG / 2)).toEqual({ code: 6, signal: null });
      expect(watch.output()).toMatch(
        /\nThe connection is lost: connecting again\.\nNO_ANSWER: .* does not answer: .*\n$/,
      );
      expect(line.requests.length).toBeGreaterThan(5);
      expect(line.requests.length).toBeLessThan(20);
    } finally {
      await watch.stop('SIGKILL');
      line.close();
      await server.stop();
      await stack.close();
    }
  },
  LONG,
);
