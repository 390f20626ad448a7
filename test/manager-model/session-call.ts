import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { CALLERS, type Operation } from './operations.ts';
import { moment, simple, viewOf, type Call } from './moment.ts';

export function sessionCall(operation: Extract<Operation, { of: number }>, id: string): Call {
  const by = CALLERS[operation.by] ?? { kind: 'application' };
  const session = (manager: SessionManager) => manager.as(by).session(id);
  switch (operation.kind) {
    case 'get':
      return simple(
        async (manager) => viewOf(await manager.as(by).getSession(id)),
        (at) => at.get(id, by),
      );
    case 'heartbeat':
      return simple(
        (manager) => session(manager).heartbeat(),
        (at) => at.heartbeat(id, by),
      );
    case 'setMetadata': {
      const { name, text, version } = operation;
      const metadata = { [name]: text };
      return simple(
        async (manager) => viewOf(await session(manager).updateMetadata(metadata, { version })),
        (at) => at.setMetadata(id, by, metadata, version),
      );
    }
    case 'mergeMetadata': {
      const { name, text, version } = operation;
      const patch = { [name]: text };
      return simple(
        async (manager) => viewOf(await session(manager).updateMetadata(patch, { version, merge: true })),
        (at) => at.mergeMetadata(id, by, patch, version),
      );
    }
    case 'readPrompt':
      return simple(
        (manager) => session(manager).getSystemPrompt(),
        (at) => at.readPrompt(id, by),
      );
    case 'writePrompt':
      return simple(
        (manager) => session(manager).updateSystemPrompt(operation.text),
        (at) => at.writePrompt(id, by, operation.text),
      );
    case 'listMcp':
      return simple(
        async (manager) => (await session(manager).listMcpClients()).map((client) => client.id).sort(),
        (at) => at.listMcp(id, by),
      );
    case 'addMcp':
      return simple(
        async (manager) => {
          const config = { id: operation.id, type: 'http', endpoint: 'https://mcp.example.com/' } as const;
          await session(manager).addMcpClient(config);
        },
        (at) => at.addMcp(id, by, operation.id),
      );
    case 'removeMcp':
      return simple(
        (manager) => session(manager).removeMcpClient(operation.id),
        (at) => at.removeMcp(id, by, operation.id),
      );
    case 'callTool':
      return simple(
        async (manager) => (await session(manager).mcpClient(operation.id).callTool('say', { text: id })).said,
        (at) => at.callTool(id, by, operation.id),
      );
    case 'writeFile':
      return simple(
        async (manager) => {
          const outcome = await session(manager).files.write(operation.path, Buffer.from(operation.text));
          return { existed: 'existed' in outcome && outcome.existed };
        },
        (at) => at.writeFile(id, by, operation.path, operation.text),
      );
    case 'readFile':
      return simple(
        async (manager) => {
          const content = await session(manager).files.read(operation.path);
          return 'bytes' in content ? content.bytes.toString() : 'unmodified';
        },
        (at) => at.readFile(id, by, operation.path),
      );
    case 'moveFile':
    case 'copyFile': {
      const { path, to, overwrite } = operation;
      const moves = operation.kind === 'moveFile';
      return simple(
        (manager) => session(manager).files[moves ? 'move' : 'copy'](path, to, { overwrite }),
        (at) => at.transferFile(id, by, path, to, overwrite, moves),
      );
    }
    case 'deleteFile':
      return simple(
        (manager) => session(manager).files.delete(operation.path),
        (at) => at.deleteFile(id, by, operation.path),
      );
    case 'end':
      return {
        perform: (manager) => manager.as(by).cleanupSession(id),
        chains: (answer) => {
          const claimed = moment((at) => at.claim(id, by), answer);
          return 'ok' in answer ? [[claimed, moment((at) => at.free(id))]] : [[claimed]];
        },
      };
  }
}
