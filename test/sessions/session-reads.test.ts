import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Session } from '../../lib/sessions/session.ts';
import { atFirst, inject } from '../faults/dynamodb-faults.ts';
import { CLIENT } from '../mcp-clients/stored-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

describe('a session that ends between its own read and that of what hangs on it', () => {
  let stack: TestStack;
  let session: Session;
  beforeEach(async () => {
    stack = await newStack();
    session = await stack.manager.createSession('alice', 'acme');
    await session.updateSystemPrompt('Be kind.');
    await session.files.write('file', Buffer.from('content'));
    await stack.parts.mcpClients.add(session.id, CLIENT, 20);
  });
  afterEach(() => stack.close());

  const whenItEnds = async (call: () => Promise<unknown>) => {
    let ends = 0;
    const end = async () => {
      ends++;
      await stack.manager.cleanupSession(session.id);
    };
    const restore = inject(stack.client, { after: atFirst(1, 'GetItemCommand', end) });
    const outcome = await call().catch((thrown: unknown) => (thrown as { code?: string }).code ?? thrown);
    restore();
    expect(ends).toBe(1);
    return outcome;
  };

  test.each<[string, (session: Session) => Promise<unknown>]>([
    ['its prompt is not an empty one', (one) => one.getSystemPrompt()],
    ['its MCP clients are not an empty list', (one) => one.listMcpClients()],
    ['its MCP client is not one that it never had', (one) => one.getMcpClient('tools')],
    ['nothing is removed of it', (one) => one.removeMcpClient('tools')],
    ['no credentials are put', (one) => one.mcpClient('tools').updateAuth({})],
    ['no tools are listed', (one) => one.mcpClient('tools').listTools()],
    ['no tool is called', (one) => one.mcpClient('tools').callTool('echo')],
    ['its file is not one that was never there', (one) => one.files.read('file')],
    ['its directory is not one that was never there', (one) => one.files.list('', 10)],
    ['its workspace is not an empty one', (one) => one.files.usage()],
    ['no file is written', (one) => one.files.write('other', Buffer.from('x'))],
    ['no file is deleted', (one) => one.files.delete('file')],
    ['no file is moved', (one) => one.files.move('file', 'other')],
    ['no file is copied', (one) => one.files.copy('file', 'other')],
    ['no directory is made', (one) => one.files.makeDirectory('made')],
    ['no directory is removed', (one) => one.files.removeDirectory('made')],
  ])('is none: %s', async (_what, call) => {
    expect(await whenItEnds(() => call(session))).toBe('SESSION_NOT_FOUND');
  });

  test('leaves what is missing in one that goes on as it was: no prompt, no such client', async () => {
    const other = await stack.manager.createSession('alice', 'acme');
    expect(await other.getSystemPrompt()).toBe('');
    expect(await other.listMcpClients()).toEqual([]);
    await expect(other.getMcpClient('tools')).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
    await expect(other.removeMcpClient('tools')).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
  });
});
