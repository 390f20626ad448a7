import type { Answer } from './answer.ts';
import type { SessionPage } from '../../lib/sessions/session-listing.ts';
import { CREATED_LAYERS_MS } from './model-world.ts';
import type { ManagerModel } from './manager-model.ts';
import type { SessionView } from './model-session.ts';
import { CALLERS, OWNERS, type Operation, type Seen } from './operations.ts';
import type { LimitOf } from './limit-model.ts';
import { moment, simple, viewOf, type Call } from './moment.ts';
import { sessionCall } from './session-call.ts';

/** After this an instance looks again for sessions that are due in the way of a create. */
const SEARCH_AGAIN_MS = 5_001;
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
      const created = simple(
        async (manager) => {
          const session = await manager.createSession(owner.userId, owner.orgId, options);
          return { ...viewOf(session), replayed: session.replayed };
        },
        (at, answer) => at.create({ ...owner, key, idle }, 'ok' in answer ? (answer.ok as SessionView).id : '', answer),
      );
      return {
        ...created,
        alone: (at, answer) => {
          const isRefused = 'code' in answer && answer.code === 'MAX_SESSIONS_REACHED';
          const due = isRefused ? at.dueFor(owner) : [];
          return due.length > 0 && at.isRefused(owner, answer) ? { ok: { due } } : undefined;
        },
        thenMs: SEARCH_AGAIN_MS,
      };
    }
    case 'list': {
      const owner = ownerAt(operation.who);
      return simple(
        async (manager) =>
          (await manager.listSessions(owner.userId, { orgId: owner.orgId })).sessions.map(({ id }) => id),
        (at) => at.list(owner),
      );
    }
    case 'listOrg': {
      const { orgId } = ownerAt(operation.who);
      return simple(
        (manager) => allPages((cursor) => manager.listOrgSessions(orgId, { limit: 2, cursor })),
        (at) => at.list({ orgId }),
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

async function allPages(page: (cursor: string | undefined) => Promise<SessionPage>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { sessions, nextCursor } = await page(cursor);
    ids.push(...sessions.map(({ id }) => id));
    cursor = nextCursor;
  } while (cursor !== undefined);
  return ids;
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

function pick<Info extends { limit: number | null; active: number; isDefault: boolean }>(
  { limit, active, isDefault, ...rest }: Info,
  ...more: (keyof typeof rest)[]
) {
  return { limit, active, isDefault, ...Object.fromEntries(more.map((name) => [name, rest[name]])) };
}

function refOf({ scope, userId, orgId }: LimitOf) {
  return { scope, ...(scope !== 'global' && { orgId }), ...(scope === 'user' && { userId }) };
}

const ownerAt = (who: number) => OWNERS[who] as (typeof OWNERS)[number];
