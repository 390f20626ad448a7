import * as z from 'zod/mini';
import { NotAvailableError } from '../errors.ts';
import { openOperation } from '../operations/operation.ts';

export const serviceOperations = {
  /** Whether the service answers. */
  getHealth: openOperation({
    function: 'records',
    access: 'anyone',
    input: () => z.strictObject({}),
    async run() {
      return { output: { status: 'ok' } };
    },
  }),

  /** This document. */
  getOpenApi: openOperation({
    function: 'records',
    access: 'anyone',
    input: () => z.strictObject({}),
    async run(_input, { describeApi }) {
      if (!describeApi) throw new NotAvailableError('The description of the API');
      return { output: (await describeApi()) as { openapi: string } & Record<string, unknown> };
    },
  }),
};
