import * as z from 'zod/mini';
import { limitRefShape, limitShape } from './limit-settings.ts';
import { operation } from '../operations/operation.ts';

export const limitOperations = {
  getLimit: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject(limitRefShape()),
    async run(ref, { manager }) {
      return { output: await manager.limits.get(ref) };
    },
  }),

  putLimit: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject({ ...limitRefShape(), ...limitShape() }),
    async run({ limit, items, ...ref }, { manager }) {
      return { output: await manager.limits.put(ref, { limit, items }) };
    },
  }),

  deleteLimit: operation({
    function: 'records',
    access: 'caller',
    input: () => z.strictObject(limitRefShape()),
    async run(ref, { manager }) {
      await manager.limits.delete(ref);
      return { output: null };
    },
  }),
};
