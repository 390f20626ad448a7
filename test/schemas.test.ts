import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';

const before = { ...z.config() };

test('whoever imports the library, its client or its events finds zod as it was: their own messages became ours', async () => {
  const theirs = () => 'theirs';
  await import('../lib/index.ts');
  await import('../lib/api/client/session-manager-client.ts');
  await import('../lib/telemetry/events/index.ts');
  expect(z.config()).toEqual(before);
  expect(z.config({ localeError: theirs }).localeError).toBe(theirs);
  expect(z.string().safeParse(1).error?.issues[0]?.message).toBe('theirs');
});

test('our messages are English words, whatever language the process has told zod', async () => {
  const { mcpClientConfigSchema } = await import('../lib/mcp-clients/mcp-client-config.ts');
  const { createOptionsShape } = await import('../lib/sessions/session-options.ts');
  const { parseInput } = await import('../lib/schemas.ts');
  const { parseSessionEvent } = await import('../lib/telemetry/events/index.ts');
  z.config({ localeError: () => 'fremd', customError: () => 'fremd' });
  const problemsOf = (schema: z.ZodMiniType, value: unknown) => {
    try {
      return parseInput(schema, value);
    } catch (thrown) {
      return (thrown as { details: { issues?: unknown } }).details;
    }
  };
  const options = { metadata: { a: 1 }, inactivitySeconds: 1.5, promptVariables: { a: undefined }, idempotencyKey: '' };
  expect(problemsOf(z.strictObject(createOptionsShape()), options)).toMatchInlineSnapshot(`
   {
     "errors": [
       {
         "message": "Invalid input: expected string, received number",
         "path": "metadata.a",
       },
       {
         "message": "Invalid input",
         "path": "promptVariables.a",
       },
       {
         "message": "Invalid input: expected int, received number",
         "path": "inactivitySeconds",
       },
       {
         "message": "must not be empty",
         "path": "idempotencyKey",
       },
     ],
   }
  `);
  const config = { type: 'other', args: 'none', auth: { type: 'bearer' }, config: { timeoutMs: 1 }, more: true };
  expect(problemsOf(mcpClientConfigSchema(), config)).toMatchInlineSnapshot(`
   {
     "errors": [
       {
         "message": "Invalid input: expected string, received undefined",
         "path": "id",
       },
       {
         "message": "Invalid option: expected one of "http"|"sse"|"stdio"",
         "path": "type",
       },
       {
         "message": "Invalid input: expected array, received string",
         "path": "args",
       },
       {
         "message": "Invalid input: expected string, received undefined",
         "path": "auth.token",
       },
       {
         "message": "Too small: expected number to be >=100",
         "path": "config.timeoutMs",
       },
       {
         "message": "is not a known field",
         "path": "more",
       },
     ],
   }
  `);
  expect(() => parseSessionEvent({ type: 'session.created' })).toThrow('Invalid input: expected string');
});
