import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OperationName } from '../../lib/api/operations.ts';
import { routeKey } from '../../lib/api/routes.ts';
import { efsAccessPoints } from '../../lib/workspaces/access-points/efs-access-points.ts';
import { PLACE } from '../workspaces/access-points/access-stack.ts';
import { EfsServer } from '../workspaces/access-points/efs-server.ts';
import { readState, type StoredState } from '../invariants/stored-state.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { routeOf, type AccessDoor, type Told } from './access-doors.ts';
import { accessFixture, putLayers, type AccessFixture } from './access-fixture.ts';
import { ACCESS, type Case } from './access-table.ts';
import { CALLERS, isAgent, REFUSALS, type CallerName, type Outcome } from './callers.ts';
import type { Services } from '../../lib/api/door-services.ts';

/** What only those who may see ada's session, or acme's prompts, may ever read. */
const TOLD_TO_FEW = /adas-|acmes-/;

/** Asks for all rows by one door, each as each of these callers. */
export function checkAccess(doorOf: (services: Services) => AccessDoor, callers: readonly CallerName[]): void {
  let stack: TestStack;
  let mcp: RecordingServer;
  let efs: EfsServer;
  let door: AccessDoor;
  let fixture: AccessFixture;
  beforeAll(async () => {
    [mcp, efs] = await Promise.all([recordingServer(), EfsServer.start()]);
    stack = await newStack(
      { MAX_SESSIONS: '0', MAX_MCP_CLIENTS_PER_SESSION: '90', TOUCH_INTERVAL_SECONDS: '0' },
      undefined,
      { accessPoints: efsAccessPoints(PLACE, efs.settings) },
    );
    door = doorOf(stack);
    await putLayers(stack.manager);
    fixture = await accessFixture(stack.manager, mcp.url);
  });
  afterAll(async () => {
    await stack?.close();
    await Promise.all([mcp?.close(), efs?.stop()]);
  });

  const state = () => readState({ client: stack.client, tableName: stack.config.tableName, root: stack.root });

  const rows = (Object.keys(ACCESS) as OperationName[]).flatMap((operation) => {
    const route = routeOf(operation);
    const cases = ACCESS[operation];
    const title = route ? routeKey(route) : operation;
    return cases.map((row, index) => [cases.length > 1 ? `${title} (${index + 1})` : title, operation, row] as const);
  });

  test.each(rows)('%s', async (_title, operation, row) => {
    const hasRoute = routeOf(operation) !== undefined;
    const ask = (caller: CallerName, input: Record<string, unknown>) =>
      door.ask(operation, CALLERS[caller], input, isAgent(caller) ? fixture.tokens[caller] : undefined);
    const askers = callers.filter((caller) => door.admits(caller, hasRoute && !row.directOnly));
    const thatGet = (...outcomes: Outcome[]) => askers.filter((caller) => outcomes.includes(row.expected[caller]));
    const input = await row.input(fixture);

    const before = await outside();
    const ofNone = thatGet('hidden').length > 0 && (await ask('owner', { ...input, sessionId: randomUUID() }));
    for (const caller of thatGet(...(Object.keys(REFUSALS) as (keyof typeof REFUSALS)[]))) {
      const told = await ask(caller, input);
      checkRefused(caller, told, REFUSALS[row.expected[caller] as keyof typeof REFUSALS]);
      if (row.expected[caller] === 'hidden' && ofNone) expect({ caller, told }).toEqual({ caller, told: ofNone });
    }
    expect(await outside()).toEqual(before);

    const adasBefore = await adas();
    for (const caller of thatGet('own', 'elsewhere')) {
      const isOwn = row.expected[caller] === 'own';
      const told = await ask(caller, isOwn ? await row.input(fixture) : input);
      if (isOwn) expect({ caller, told }).toMatchObject({ told: { ok: true } });
      checkTellsNothing(caller, told);
      if (isOwn && row.tells !== undefined) expect({ caller, text: told.text }).not.toMatchObject(telling(row));
    }
    if (thatGet('own', 'elsewhere').length > 0) expect(await adas()).toEqual(adasBefore);

    for (const caller of thatGet('yes')) {
      const told = await ask(caller, await row.input(fixture));
      expect({ caller, told }).toMatchObject({ told: { ok: true } });
      if (row.tells !== undefined) expect({ caller, text: told.text }).toMatchObject(telling(row));
      if (row.spoils) fixture = await accessFixture(stack.manager, mcp.url);
    }
  });

  const telling = ({ tells }: Case) => ({
    text: expect.stringContaining(String(typeof tells === 'function' ? tells(fixture) : tells)),
  });

  function checkTellsNothing(caller: CallerName, { text }: Told): void {
    expect({ caller, text }).not.toMatchObject({ text: expect.stringContaining(fixture.sessionId) });
    expect({ caller, text }).not.toMatchObject({ text: expect.stringMatching(TOLD_TO_FEW) });
  }

  function checkRefused(caller: CallerName, told: Told, { code, status }: { code: string; status: number }): void {
    expect({ caller, ok: told.ok, code: told.code }).toEqual({ caller, ok: false, code });
    if (told.status !== undefined) expect({ caller, status: told.status }).toEqual({ caller, status });
    checkTellsNothing(caller, told);
  }

  /** All that a refused request could have changed, also outside of this process. */
  const outside = async () => ({ ...(await state()), mcp: mcp.requests.length, accessPoints: efs.points.size });

  /** What hangs on ada's session, and the layers of her organisation. */
  async function adas(): Promise<StoredState> {
    const { items, entries } = await state();
    const isAdas = ({ pk, sk }: { pk: string; sk: string }) =>
      `${pk} ${sk}`.includes(fixture.sessionId) || /^LAYERS#(GLOBAL|ORG#acme)/.test(pk);
    return { items: items.filter(isAdas), entries: entries.filter(({ path }) => path.includes(fixture.sessionId)) };
  }
}
