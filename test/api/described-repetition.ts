import type { OperationName } from '../../lib/api/operations.ts';
import { codeIn, readDocument } from '../documents/markdown.ts';

/** Which operations are sent again, by when: as the document has them. */
export const described = new Map(
  readDocument('docs/reliability.md')
    .split('\n## What clients send again\n')[1]
    ?.split('\n## ')[0]
    ?.split('\n')
    .filter((line) => line.startsWith('|') && line.includes('`'))
    .flatMap((line) => {
      const [, when = '', operations = ''] = line.split('|');
      return codeIn(operations).map((operation) => [operation as OperationName, when.trim()] as const);
    }),
);

export type Input = Record<string, unknown>;

/** What is sent, and whether it may be sent again. */
export const variants: Record<string, readonly (readonly [Input, boolean])[]> = {
  always: [[{}, true]],
  never: [[{}, false]],
  'with an idempotency key': [
    [{}, false],
    [{ idempotencyKey: 'once' }, true],
  ],
  'without a condition': [[{}, true]],
  'whole and without a condition': [
    [{}, true],
    [{ ifMatch: '"1"' }, false],
    [{ ifNoneMatch: '*' }, false],
    [{ contentRange: 'bytes 0-0/2', uploadId: 'u' }, false],
  ],
};
const conditions: Partial<Record<OperationName, Input>> = {
  deleteFile: { ifMatch: '"1"' },
  deletePrompt: { version: 1 },
};

export const cases = [...described].flatMap(([operation, when]) => {
  const condition = conditions[operation];
  const all = [...(variants[when] ?? []), ...(condition ? [[condition, false] as const] : [])];
  return all.map(([input, again]) => ({ operation, input, again }));
});
