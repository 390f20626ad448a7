import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startEverythingServer, type EverythingServer } from './everything-server.ts';
import { anotherInstance, connectingTogether, targetAt } from './instance.ts';
import { ClientStage } from './client-stage.ts';

describe('the MCP clients of a session', () => {
  let server: EverythingServer;
  let own: ClientStage;
  beforeAll(async () => {
    server = await startEverythingServer();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    own = await ClientStage.make(server);
  });
  afterEach(() => own.close());

  describe('on server-everything', () => {
    test('are removed once by any number of callers over two instances', async () => {
      await own.session.addMcpClient(own.everything());
      const { manager } = own.closing(anotherInstance(own.stack));
      const removals = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? manager : own.stack.manager).session(own.session.id).removeMcpClient('everything'),
        ),
      );
      expect(removals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const removal of removals) {
        if (removal.status === 'rejected') expect(removal.reason).toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
      }
      await own.expectNoneStored();
    });

    test('of the same id added at once leave one, and end the session of the other', async () => {
      const before = await server.sessions();
      const mcp = connectingTogether(own.stack, 2);
      const instances = [own.closing(anotherInstance(own.stack, mcp)), own.closing(anotherInstance(own.stack, mcp))];
      const adds = await Promise.allSettled(
        instances.map(({ manager }) => manager.session(own.session.id).addMcpClient(own.everything())),
      );
      const refused = adds.filter((add) => add.status === 'rejected');
      expect(refused.map(({ reason }) => reason as unknown)).toEqual([
        expect.objectContaining({ code: 'MCP_CLIENT_EXISTS' }),
      ]);
      await own.expectOpenSince(before.opened, await own.stored());
    });

    test('are at most as many as the limit when they are added at once, and those too many are ended', async () => {
      const before = await server.sessions();
      const mcp = connectingTogether(own.stack, 8);
      const instances = [own.closing(anotherInstance(own.stack, mcp)), own.closing(anotherInstance(own.stack, mcp))];
      const adds = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          (instances[index % 2] as (typeof instances)[0]).manager
            .session(own.session.id)
            .addMcpClient(own.everything(`client-${index}`)),
        ),
      );
      const refused = adds.filter((add) => add.status === 'rejected');
      expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(
        Array.from({ length: 5 }, () => 'MCP_CLIENT_LIMIT'),
      );
      const items = await own.stored();
      expect(items).toHaveLength(3);
      expect(await own.idsOnSession()).toEqual(items.map(({ clientId }) => clientId).sort());
      await own.expectOpenSince(before.opened, items);
    });

    test('never outlive a session that ends while they are added', async () => {
      const before = await server.sessions();
      const { manager } = own.closing(anotherInstance(own.stack));
      for (let round = 0; round < 8; round++) {
        const { id } = await own.stack.manager.createSession('alice', 'acme');
        const adding = ['1', '2'].map((client) => manager.session(id).addMcpClient(own.everything(client)));
        const settled = Promise.allSettled(adding);
        if (round % 2 === 0) await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, round * 5))]);
        await own.stack.manager.cleanupSession(id);
        for (const add of await settled) {
          if (add.status === 'rejected') expect(add.reason).toMatchObject({ code: 'SESSION_NOT_FOUND' });
        }
        expect(await own.stack.parts.mcpClients.list(id)).toEqual([]);
      }
      expect((await server.sessions()).opened.length).toBeGreaterThan(before.opened.length);
      expect(await own.stack.manager.countAllSessions()).toBe(1);
    });

    test('that connected before their session ended are refused, and their own session is ended', async () => {
      const before = await server.sessions();
      const mcp = connectingTogether(own.stack, 2);
      const { manager } = own.closing(anotherInstance(own.stack, mcp));
      const adding = expect(manager.session(own.session.id).addMcpClient(own.everything())).rejects.toMatchObject({
        code: 'SESSION_NOT_FOUND',
      });
      while ((await server.sessions()).opened.length === before.opened.length);
      await own.stack.manager.cleanupSession(own.session.id);
      await (await mcp.connect(targetAt(server.url))).terminate();
      await adding;
      expect(await own.stored()).toEqual([]);
      await own.expectOpenSince(before.opened, []);
    });
  });
});
