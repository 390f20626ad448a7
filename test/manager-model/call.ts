import { isDeepStrictEqual } from 'node:util';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { expectedOf, type Answer } from './answer.ts';
import { CREATED_LAYERS_MS } from './model-world.ts';
import type { ManagerModel, SessionView } from './manager-model.ts';
import { CALLERS, OWNERS, type Operation, type Seen } from './operations.ts';
import type { LimitOf } from './limit-model.ts';

/** What happens at one moment: does it to the model; gives what the model answers where that is something else. */
export type Moment = (model: ManagerModel) => Answer | undefined;

/** An operation whose sessions and versions have been chosen. */
export interface Call {
  /** The same to the manager that is tested. */
  perform(manager: SessionManager): Promise<unknown>;
  /** What such an answer tells: the moments of each chain come in this order, chains in any. */
  chains(answer: Answer): Moment[][];
  /** What is to be said besides if nothing else happened meanwhile, before the chains are played. */
  alone?(model: ManagerModel, answer: Answer): Answer | undefined;
  /** How far the clock has to move after it, alone. */
  thenMs?: number;
}

/** An id that no session has. */
const NOBODY = '01234567-89ab-7def-8123-456789abcdef';

/** `known`: the ids that callers have been told, ended ones included. */
export function callOf(operation: Operation, known: readonly string[], model: ManagerModel): Call {
  if ('of' in operation) return sessionCall(operation, known[operation.of % Math.max(1, known.length)] ?? NOBODY);
  switch (operation.kind) {
    case 'create': {
      const { key, idle } = operation;
      const owner = ownerAt(operation.who);
      const options = {
        ...(key !== undefined && { idempotencyKey: `key ${key}` }),
        ...(idle !== undefined && { inactivitySeconds: idle }),
      };
      return simple(
        async (manager) => {
          const session = await manager.createSession(owner.userId, owner.orgId, options);
          return { ...viewOf(session), replayed: session.replayed };
        },
        (at, answer) => at.create({ ...owner, key, idle }, 'ok' in answer ? (answer.ok as SessionView).id : ''),
      );
    }
    case 'list': {
      const owner = ownerAt(operation.who);
      return simple(
        async (manager) =>
          (await manager.listSessions(owner.userId, { orgId: owner.orgId })).sessions.map(({ id }) => id),
        (at) => at.list(owner),
      );
    }
    case 'usage': {
      const owner = ownerAt(operation.who);
      return simple(
        (manager) => manager.getUsage(owner),
        (at) => at.usage(owner),
      );
    }
    case 'sweep':
      return sweep(operation);
    case 'putLimit':
    case 'getLimit':
    case 'deleteLimit':
      return limitCall(operation);
    case 'putLayer':
    case 'deleteLayer':
      return layerCall(operation, model);
    case 'wait':
      return { perform: async () => undefined, chains: () => [], thenMs: operation.seconds * 1000 };
  }
}

function sessionCall(operation: Extract<Operation, { of: number }>, id: string): Call {
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
      const metadata = { note: operation.text };
      return simple(
        async (manager) => viewOf(await session(manager).updateMetadata(metadata)),
        (at) => at.setMetadata(id, by, metadata),
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

function sweep({ idle, admin }: Extract<Operation, { kind: 'sweep' }>): Call {
  const by = CALLERS.find(({ kind }) => kind === (admin ? 'admin' : 'operator')) ?? { kind: 'operator' };
  const input = { idle, orgId: by.kind === 'admin' ? by.orgId : undefined };
  const ended = (answer: Answer) => ('ok' in answer ? (answer.ok as { cleaned: string[] }).cleaned : []);
  return {
    perform: (manager) => manager.as(by).cleanupInactiveSessions(idle === undefined ? undefined : idle * 1000),
    chains: (answer) => {
      if (!('ok' in answer)) return [[() => ({ ok: 'a sweep' })]];
      const begun = moment((at) => at.beginSweep(input));
      const done = moment((at) => {
        at.endSweep(input);
        return { cleaned: ended(answer), failed: [], more: false };
      }, answer);
      return [
        [begun, done],
        ...ended(answer).map((id) => [moment((at) => at.claimIdle(id, input)), moment((at) => at.free(id))]),
      ];
    },
    alone: (model, answer) => {
      const missed = model.mustBeSwept(input).filter((id) => !ended(answer).includes(id));
      return missed.length > 0 ? { ok: { alsoCleaned: missed } } : undefined;
    },
  };
}

function limitCall(operation: Extract<Operation, { kind: 'putLimit' | 'getLimit' | 'deleteLimit' }>): Call {
  const of: LimitOf = { scope: operation.scope, ...ownerAt(operation.who) };
  switch (operation.kind) {
    case 'putLimit': {
      const { limit, items } = operation;
      return simple(
        async (manager) => pick(await manager.limits.put(refOf(of), { limit, ...(items && { items }) }), 'items'),
        (at) => at.limits.put(of, limit, items),
      );
    }
    case 'getLimit':
      return simple(
        async (manager) => pick(await manager.limits.get(refOf(of))),
        (at) => at.limits.get(of),
      );
    case 'deleteLimit':
      return simple(
        (manager) => manager.limits.delete(refOf(of)),
        (at) => at.limits.delete(of),
      );
  }
}

function layerCall(operation: Extract<Operation, { kind: 'putLayer' | 'deleteLayer' }>, model: ManagerModel): Call {
  const of: LimitOf = { scope: operation.scope, ...ownerAt(operation.who) };
  const { id: promptId } = operation;
  const ref = { ...refOf(of), promptId };
  const version = versionSeen(operation.seen, model.layers.versionOf(of, promptId));
  // Until then, other instances compose with what they have kept.
  const thenMs = CREATED_LAYERS_MS;
  if (operation.kind === 'deleteLayer') {
    const deleted = simple(
      (manager) => manager.prompts.delete(ref, { version }),
      (at) => at.layers.delete(of, promptId, version),
    );
    return { ...deleted, thenMs };
  }
  const { text, priority } = operation;
  const put = simple(
    async (manager) => {
      const input = { content: text, priority, ...(version !== undefined && { version }) };
      const { layer, existed } = await manager.prompts.put(ref, input);
      return { version: layer.version, existed };
    },
    (at) => at.putLayer({ of, id: promptId, text, priority, version }),
  );
  return { ...put, thenMs };
}

function versionSeen(seen: Seen, current: number | undefined): number | undefined {
  if (seen === 'none') return undefined;
  return seen === 'current' ? current : (current ?? 0) + 1;
}

/** A call that happens at one moment. */
function simple(perform: Call['perform'], expected: (model: ManagerModel, answer: Answer) => unknown): Call {
  return { perform, chains: (answer) => [[moment((model) => expected(model, answer), answer)]] };
}

/** Without an answer to compare, the model must only not refuse. */
function moment(expected: (model: ManagerModel) => unknown, answer?: Answer): Moment {
  return (model) => {
    const told = expectedOf(() => expected(model));
    const fits = answer === undefined ? 'ok' in told : isDeepStrictEqual(told, answer);
    return fits ? undefined : told;
  };
}

function pick<Info extends { limit: number | null; active: number; isDefault: boolean }>(
  { limit, active, isDefault, ...rest }: Info,
  ...more: (keyof typeof rest)[]
) {
  return { limit, active, isDefault, ...Object.fromEntries(more.map((name) => [name, rest[name]])) };
}

function viewOf(session: Session): SessionView {
  const { id, userId, orgId, metadata, mcpClientIds, createdAt, lastActiveAt, expiresAt } = session.getSessionInfo();
  return { id, userId, orgId, metadata, mcpClientIds, createdAt, lastActiveAt, expiresAt };
}

function refOf({ scope, userId, orgId }: LimitOf) {
  return { scope, ...(scope !== 'global' && { orgId }), ...(scope === 'user' && { userId }) };
}

const ownerAt = (who: number) => OWNERS[who] as (typeof OWNERS)[number];
