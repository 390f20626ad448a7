import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Door, Reply } from '../../contracts/door.ts';
import { HTTP_MODES, type HttpModeName } from './http-modes.ts';
import type { RpcModeName } from './rpc-modes.ts';
import { WildServer } from './wild-server.ts';

export type Transport = 'http' | 'sse' | 'stdio';
export type ModeName = HttpModeName | RpcModeName;

/** What callers get of a client of the stub, step by step, and what the stub sees. */
export interface Outcome {
  add: string;
  list: string;
  call: string;
  /** The call after the server has forgotten its sessions, where its mode is to forget. */
  again: string;
  later: string;
  remove: string;
  initialize: number;
  calls: number;
  /** How often the call was executed that was executed most often. */
  executed: number;
  left: number;
}

export const ALICE = { userId: 'alice', orgId: 'acme' };
export const STDIO = fileURLToPath(new URL('stdio-server.ts', import.meta.url));
/** For what is around a call: the table, a busy machine. */
const AROUND_MS = 5_000;
/** A few seconds after the end no session may be left. */
const LEFT_MS = 3_000;

/** Adds a client, lists and calls, lets the server forget, calls twice, and removes. Throws for what takes too long. */
export async function runMode(
  door: Door,
  { sessionId, clientId }: { sessionId: string; clientId: string },
  { mode, type, timeoutMs }: { mode: string; type: Transport; timeoutMs: number },
): Promise<Outcome> {
  const server = await WildServer.start(HTTP_MODES[mode as HttpModeName] ?? (mode as RpcModeName));
  const step = async (operation: Parameters<Door['call']>[0], input: object): Promise<Reply> => {
    const startedAt = performance.now();
    const reply = await door.call(operation, ALICE, { sessionId, ...input });
    const took = performance.now() - startedAt;
    if (took > timeoutMs + AROUND_MS) throw new Error(`${operation} took ${took} ms with ${mode} over ${type}`);
    return reply;
  };
  const where =
    type === 'stdio'
      ? { command: process.execPath, args: ['--experimental-strip-types', STDIO, mode] }
      : { endpoint: server.urlOf(type) };
  const call = async (n: number) => toldOf(await step('callMcpTool', { clientId, name: 'echo', arguments: { n } }));
  try {
    const add = toldOf(await step('addMcpClient', { id: clientId, type, ...where, config: { timeoutMs } }));
    const skipped = { list: '', call: '', again: '', later: '', remove: '' };
    if (add !== 'ok') return { add, ...skipped, ...(await seenBy(server)) };
    const list = toldOf(await step('listMcpTools', { clientId }));
    const first = await call(1);
    if (mode.startsWith('forgotten')) server.forget();
    const again = await call(2);
    const later = await call(3);
    const remove = toldOf(await step('removeMcpClient', { clientId }));
    return { add, list, call: first, again, later, remove, ...(await seenBy(server)) };
  } finally {
    await server.close();
  }
}

async function seenBy(server: WildServer) {
  const until = performance.now() + LEFT_MS;
  while (server.sessionsLeft() > 0 && performance.now() < until) await sleep(20);
  return {
    initialize: server.asked.initialize ?? 0,
    calls: server.asked['tools/call'] ?? 0,
    executed: Math.max(0, ...Object.values(server.executed)),
    left: server.sessionsLeft(),
  };
}

/** In short. */
function toldOf(reply: Reply): string {
  if (!reply.ok) {
    const { code, message, details } = reply;
    const more = Object.fromEntries(Object.entries(details).filter(([name]) => name !== 'requestId'));
    const told = message.replace('The MCP server ', '').replace(/\.$/, '');
    const further = Object.keys(more).length > 0 ? ` ${JSON.stringify(more).replace(/:\d+\//, '/')}` : '';
    return `${code === 'MCP_CONNECTION' ? '' : `${code}: `}${told}${further}`;
  }
  const { tools, isError, content } = (reply.output ?? {}) as {
    tools?: { name: string }[];
    isError?: boolean;
    content?: { text?: string }[];
  };
  if (tools) return `tools ${tools.length > 5 ? tools.length : tools.map(({ name }) => name).join()}`;
  return isError ? `isError: ${content?.[0]?.text}` : 'ok';
}
