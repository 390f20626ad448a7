import { expect } from '@jest/globals';
import { ok, refusal } from './door.ts';
import { UNKNOWN, create, endAll, someone, type Scenario } from './stage.ts';

/** What a session has beside its record: MCP clients, and a workspace to mount. */
export const attachmentScenarios: Record<string, Scenario> = {
  'an MCP client is added, used and removed': async (stage) => {
    const { door, mcpEndpoint: endpoint } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor);
    const client = { sessionId, clientId: 'tools.1' };
    const config = { sessionId, id: 'tools.1', type: 'http', endpoint };
    const added = await ok(door.call('addMcpClient', actor, config));
    expect(added).toMatchObject({ id: 'tools.1', name: 'tools.1', type: 'http', endpoint });
    expect(await refusal(door.call('addMcpClient', actor, config))).toBe('MCP_CLIENT_EXISTS');
    expect(await ok(door.call('getMcpClient', actor, client))).toEqual(added);
    expect(await ok(door.call('listMcpClients', actor, { sessionId }))).toEqual({ mcpClients: [added] });
    expect(await ok(door.call('getSession', actor, { sessionId }))).toMatchObject({ mcpClientIds: ['tools.1'] });
    const { tools } = await ok<{ tools: { name: string }[] }>(door.call('listMcpTools', actor, client));
    expect(tools.map(({ name }) => name)).toContain('echo');
    const echoed = await ok(door.call('callMcpTool', actor, { ...client, name: 'echo', arguments: { message: 'hi' } }));
    expect(echoed).toMatchObject({ content: [{ type: 'text', text: 'Echo: hi' }] });
    expect(await ok(door.call('removeMcpClient', actor, client))).toBeNull();
    expect(await refusal(door.call('callMcpTool', actor, { ...client, name: 'echo' }))).toBe('MCP_CLIENT_NOT_FOUND');
    expect(await ok(door.call('getSession', actor, { sessionId }))).toMatchObject({ mcpClientIds: [] });
    const withSecret = { ...config, headers: { authorization: 'Bearer x' } };
    expect(await ok(door.call('addMcpClient', actor, withSecret))).toEqual({
      ...(added as object),
      connectedAt: expect.any(String),
    });
    const auth = { type: 'bearer', token: 'y' };
    expect(await ok(door.call('updateMcpClientAuth', actor, { ...client, auth }))).toBeNull();
    expect(await refusal(door.call('updateMcpClientAuth', actor, { ...client, auth: { type: 'none' } }))).toBe(
      'VALIDATION',
    );
    expect(await refusal(door.call('updateMcpClientAuth', actor, { ...client, clientId: 'none', auth }))).toBe(
      'MCP_CLIENT_NOT_FOUND',
    );
    const command = { sessionId, id: 'shell', type: 'stdio', command: 'sh' };
    expect(await refusal(door.call('addMcpClient', actor, command))).toBe('MCP_ENDPOINT_FORBIDDEN');
    for (const id of ['a b', '.', '..'])
      expect(await refusal(door.call('addMcpClient', actor, { ...config, id }))).toBe('VALIDATION');
    await endAll(door, actor, [{ id: sessionId }]);
  },

  'a workspace cannot be mounted from elsewhere on one machine, which only its owner is told': async (stage) => {
    const { door } = stage;
    const actor = someone(stage);
    const { id: sessionId } = await create(door, actor);
    for (const operation of ['grantWorkspaceAccess', 'revokeWorkspaceAccess'] as const) {
      expect(await refusal(door.call(operation, actor, { sessionId }))).toBe('NOT_AVAILABLE');
      expect(await refusal(door.call(operation, someone(stage), { sessionId }))).toBe('SESSION_NOT_FOUND');
      expect(await refusal(door.call(operation, actor, { sessionId: UNKNOWN }))).toBe('SESSION_NOT_FOUND');
    }
    await endAll(door, actor, [{ id: sessionId }]);
    expect(await refusal(door.call('grantWorkspaceAccess', actor, { sessionId }))).toBe('SESSION_NOT_FOUND');
  },
};
