import { limitAudit } from './limit-audit.ts';
import * as z from 'zod/mini';
import { limitRefShape, limitShape, type LimitSettings } from './limit-settings.ts';
import { operationOf } from '../operations/operation.ts';

const operation = operationOf<{ readonly limits: LimitSettings }>();

export const limitOperations = {
  /** A limit, and how many seats under it are taken. */
  getLimit: operation({
    function: 'records',
    access: 'caller',
    audit: limitAudit.getLimit,
    input: () => z.strictObject(limitRefShape()),
    run: async (ref, { manager }) => {
      return { output: await manager.limits.get(ref) };
    },
  }),

  /**
   * Set a limit. In force immediately. Below what is active it ends no session, and admits none until enough have ended.
   * `null` is no limit, 0 admits none. `items` is for limits under which hundreds of sessions begin in a second.
   */
  putLimit: operation({
    function: 'records',
    access: 'caller',
    audit: limitAudit.putLimit,
    input: () => z.strictObject({ ...limitRefShape(), ...limitShape() }),
    run: async ({ limit, items, ...ref }, { manager }) => {
      return { output: await manager.limits.put(ref, { limit, items }) };
    },
  }),

  /** Let the configured limit hold again. */
  deleteLimit: operation({
    function: 'records',
    access: 'caller',
    audit: limitAudit.deleteLimit,
    input: () => z.strictObject(limitRefShape()),
    run: async (ref, { manager }) => {
      await manager.limits.delete(ref);
      return { output: null };
    },
  }),
};
