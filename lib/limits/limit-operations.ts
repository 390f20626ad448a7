import { limitAudit } from './limit-audit.ts';
import * as z from 'zod/mini';
import { limitRefShape, limitShape, type LimitSettings } from './limit-settings.ts';
import { operationOf } from '../operations/operation.ts';

const operation = operationOf<{ readonly limits: LimitSettings }>();

export const limitOperations = {
  getLimit: operation({
    function: 'records',
    access: 'caller',
    audit: limitAudit.getLimit,
    input: () => z.strictObject(limitRefShape()),
    run: async (ref, { manager }) => {
      return { output: await manager.limits.get(ref) };
    },
  }),

  putLimit: operation({
    function: 'records',
    access: 'caller',
    audit: limitAudit.putLimit,
    input: () => z.strictObject({ ...limitRefShape(), ...limitShape() }),
    run: async ({ limit, items, ...ref }, { manager }) => {
      return { output: await manager.limits.put(ref, { limit, items }) };
    },
  }),

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
