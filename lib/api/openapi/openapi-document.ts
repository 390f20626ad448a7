import type { ErrorCode } from '../../error-catalogue.ts';
import { operationNamed } from '../operations.ts';
import type { AnyOperation } from '../../operations/operation.ts';
import { agentRoutes, routes, type NamedRoute } from '../routes.ts';
import { JsonSchemas } from './json-schemas.ts';
import { TAGS, type OperationDoc, type Tag } from '../../operations/operation-doc.ts';
import { operationDocs } from './operation-docs.ts';
import { gatewayMessageSchema, problemExamples, problemSchema } from './problem-examples.ts';
import { requestPart } from './request-part.ts';
import { errorsOf, responsePart } from './response-part.ts';
import { securityFor, securitySchemes } from './security.ts';

const API_VERSION = '1.0.0';
/** Of a path, where a method is none of its own. */
const OF_NO_OPERATION: ErrorCode = 'METHOD_NOT_ALLOWED';

const OF_AGENTS: Tag = 'agent';
/** The same operation by another route: ids must differ. */
const agentOperationId = (operation: string): string =>
  `agent${operation.charAt(0).toUpperCase()}${operation.slice(1)}`;
const tokenNeeded = ({ agent }: NamedRoute): string =>
  agent === 'any' ? 'Needs a session token.' : `Needs a session token with the scope \`${agent}\`.`;

/** The OpenAPI 3.1 document of all routes. */
export function openApiDocument(): Record<string, unknown> {
  const schemas = new JsonSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of [...routes, ...agentRoutes]) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationPart(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Agent session manager',
      version: API_VERSION,
      description:
        'Sessions for AI agents: isolated workspaces, MCP clients, system prompts, exact limits.\n\n' +
        'Whatever a caller may not see answers like a session that does not exist. Errors are problem documents ' +
        '(RFC 9457) with a `code`; what a gateway answers by itself has a `message` instead.\n\n' +
        'Each path with `GET` has `HEAD`: the same answer without its body. A refusal tells its code in the header ' +
        '`Error-Code` then. Only `HEAD` of files is an operation of its own and listed here.\n\n' +
        'Routes under `/agent` are for the agent of one session: its token names the session, and what they take and answer is ' +
        'what the routes under `/sessions/{sessionId}` do.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where this document is from' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes,
      schemas: { Problem: problemSchema, GatewayMessage: gatewayMessageSchema, ...schemas.components },
      examples: Object.fromEntries(Object.entries(problemExamples).filter(([code]) => code !== OF_NO_OPERATION)),
    },
  };
}

function operationPart(route: NamedRoute, schemas: JsonSchemas): Record<string, unknown> {
  const operation = operationNamed(route.operation) as AnyOperation;
  const isOfAgent = route.from === 'agent';
  const doc: OperationDoc = operationDocs[route.operation];
  const input = schemas.of(operation.input, 'input');
  const statuses = Object.entries(doc.examples).map(([name, { status }]) => [name, status ?? route.status] as const);
  return {
    operationId: isOfAgent ? agentOperationId(route.operation) : route.operation,
    tags: [isOfAgent ? OF_AGENTS : doc.tag],
    summary: doc.summary,
    description:
      [doc.description, doc.role && `Needs the role \`${doc.role}\`.`, isOfAgent && tokenNeeded(route)]
        .filter(Boolean)
        .join(' ') || doc.summary,
    security: securityFor(route, doc),
    ...requestPart(route, input, doc, schemas.components),
    responses: responsePart(route, doc, schemas, errorsOf(route, input, doc)),
    'x-example-status': Object.fromEntries(statuses),
  };
}
