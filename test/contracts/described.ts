import * as z from 'zod';
import { openApiDocument } from '../../lib/api/openapi/openapi-document.ts';
import type { OperationDoc } from '../../lib/operations/operation-doc.ts';
import { operationDocs } from '../../lib/api/openapi/operation-docs.ts';
import type { OperationName } from '../../lib/api/operations.ts';
import type { ErrorCode } from '../../lib/errors.ts';

interface Described {
  operationId: OperationName;
  responses: Record<
    string,
    {
      headers?: Record<string, { schema: { enum?: string[] } }>;
      content?: Record<string, { examples?: Record<string, unknown> }>;
    }
  >;
}

const { paths } = openApiDocument() as { paths: Record<string, Record<string, Described>> };

/** The codes that the description of the API has for each operation. */
const codes = new Map(
  Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId, responses }) => [
      operationId,
      Object.values(responses).flatMap(({ headers, content }) => [
        ...Object.keys(content?.['application/problem+json']?.examples ?? {}),
        ...(headers?.['Error-Code']?.schema.enum ?? []),
      ]),
    ]),
);

/** Throws if the description of the API says something else of the operation's answers. */
export function checkAnswer(operation: OperationName, output: unknown): void {
  const { output: whole, partialOutput }: OperationDoc = operationDocs[operation];
  const { error } = z.union(partialOutput ? [whole, partialOutput] : [whole]).safeParse(output);
  if (error) throw new Error(`${operation} answered something else than described: ${z.prettifyError(error)}`);
}

/** Throws if the description of the API has no such code for the operation. */
export function checkRefusal(operation: OperationName, code: ErrorCode): void {
  if (codes.get(operation)?.includes(code) === false) throw new Error(`${operation} is not described with ${code}`);
}
