import type { InputOf, OperationName, OutputOf } from '../operations.ts';
import { fileDocs } from './file-docs.ts';
import { mcpDocs } from './mcp-docs.ts';
import type { OperationDoc } from './operation-doc.ts';
import { promptLayerDocs } from './prompt-layer-docs.ts';
import { serviceDocs } from './service-docs.ts';
import { sessionDocs } from './session-docs.ts';

/** One for each operation: an operation without one, or whose answer has another type, is not compiled. */
export const operationDocs: { readonly [Name in OperationName]: OperationDoc<InputOf<Name>, OutputOf<Name>> } = {
  ...sessionDocs,
  ...fileDocs,
  ...mcpDocs,
  ...promptLayerDocs,
  ...serviceDocs,
};
