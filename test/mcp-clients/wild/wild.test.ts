import { readFile, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { handlerDoor } from '../../contracts/doors.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { ALICE, runMode, STDIO, type Outcome, type Transport } from './wild-run.ts';
import { TABLE, USUAL, type Row } from './wild-table.ts';

const CONCURRENCY = 8;

/** Each of them starts a session on the server, or a command, for each use. */
const perUse = ({ add, ...rest }: Partial<Outcome>, type: Transport): Partial<Outcome> => ({
  ...(add !== undefined && { add }),
  ...rest,
  ...(type === 'sse' && { initialize: add === undefined ? 5 : 1 }),
  // What a command sees is not counted.
  ...(type === 'stdio' && { initialize: 0, calls: 0, executed: 0 }),
});

const cases = TABLE.flatMap(({ on, ...row }) => on.map((type) => ({ ...row, type })));
const nameOf = ({ mode, type }: { mode: Row['mode']; type: Transport }) => `${mode}, over ${type}`;

describe('an MCP server with', () => {
  let stack: TestStack;
  const outcomes = new Map<string, Outcome | Error>();
  beforeAll(async () => {
    stack = await newStack({ MCP_STDIO_COMMANDS: process.execPath, MAX_MCP_CLIENTS_PER_SESSION: '20' });
    const door = handlerDoor(stack);
    const sessionId = (await stack.manager.createSession(ALICE.userId, ALICE.orgId)).id;
    const run = async (row: (typeof cases)[number], index: number) => {
      const outcome = runMode(door, { sessionId, clientId: `wild-${index}` }, row).catch((thrown: Error) => thrown);
      outcomes.set(nameOf(row), await outcome);
    };
    await pMap(cases, run, { concurrency: CONCURRENCY });
  }, 240_000);
  afterAll(() => stack?.close());

  test.each(cases.map((row) => [nameOf(row), row] as const))('%s', (name, { expected, type }) => {
    expect(outcomes.get(name)).toEqual({ ...USUAL, ...perUse(expected, type) });
  });

  test('whatever it does leaves no process behind', async () => {
    expect(await commandsWith(STDIO)).toEqual([]);
  });
});

async function commandsWith(text: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes(text));
}
