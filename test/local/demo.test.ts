import { readdir } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { TYPESCRIPT } from '../setup/typescript-program.ts';
import { launch, newDirectory } from './local-server.ts';

const LONG = 240_000;

/** Makes a usage come back that is not true. */
const LIE = `
  const { fetch } = globalThis;
  globalThis.fetch = async (url, init) =>
    String(url).endsWith('/usage')
      ? new Response('{"user":{"active":5},"all":{"active":5,"limit":1}}')
      : fetch(url, init);`;

const demoDirectories = async (directory: string) =>
  (await readdir(directory)).filter((name) => name.startsWith('session-manager-demo-'));

const demo = async (env: Record<string, string>) => launch(env, [process.execPath, ...TYPESCRIPT, 'local/demo.ts']);

describe('npm run demo', () => {
  test(
    'walks a session’s whole life, and leaves nothing behind',
    async () => {
      const TMPDIR = await newDirectory();
      // What is set in a newcomer's shell does not matter to it.
      const program = await demo({ TMPDIR, PORT: '1', MAX_SESSIONS: '7', DYNAMODB_ENDPOINT: 'http://127.0.0.1:9' });
      const exit = await program.untilExit(LONG / 2);
      const said = program.output();
      expect({ exit, said }).toMatchObject({ exit: { code: 0 } });
      for (const step of [
        'Create a session',
        'Write a file',
        'Add an MCP client',
        'List its tools',
        'Echo: Hello',
        'Restart the session manager',
        'plan.txt says "Plan: measure twice, cut once."',
        'Echo: Hello again',
        'Update the system prompt',
        '1 of 1 sessions',
        'End the session',
        'is gone',
        '0 of 1 sessions',
      ]) {
        expect(said).toContain(step);
      }
      expect(await demoDirectories(TMPDIR)).toEqual([]);
    },
    LONG,
  );

  test(
    'fails loudly: which step, why, and what came back',
    async () => {
      const TMPDIR = await newDirectory();
      const program = await demo({ TMPDIR, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(LIE)}` });
      const exit = await program.untilExit(LONG / 2);
      const said = program.output();
      expect({ exit, said }).toMatchObject({ exit: { code: 1 } });
      expect(said).toContain('FAILED in step 10, "Look at the usage": Expected 1 active of 1.');
      expect(said).toContain('GET /usage → 200 {"user":{"active":5},"all":{"active":5,"limit":1}}');
      expect(said).not.toContain('11. ');
      expect(await demoDirectories(TMPDIR)).toEqual([]);
    },
    LONG,
  );

  test(
    'stops and removes everything at a signal',
    async () => {
      const TMPDIR = await newDirectory();
      const program = await demo({ TMPDIR });
      await program.untilPrinted(/Create a session/, LONG / 2);
      expect(await demoDirectories(TMPDIR)).toHaveLength(1);
      expect(await program.stop('SIGINT')).toEqual({ code: 130, signal: null });
      expect(await demoDirectories(TMPDIR)).toEqual([]);
    },
    LONG,
  );
});
