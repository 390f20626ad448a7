import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { named } from '../../lib/operations/operation-doc.ts';

test('two schemas with one name are refused: the description would show one of them in the place of both', () => {
  const schema = named('SomeAnswer', z.strictObject({ one: z.string() }));
  expect(schema.def.type).toBe('object');
  expect(() => named('SomeAnswer', z.strictObject({ other: z.string() }))).toThrow('SomeAnswer');
});
