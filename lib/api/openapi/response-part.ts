import { retryAfterOf } from '../problem.ts';
import { ERRORS, type ErrorCode } from '../../error-catalogue.ts';
import type { CallerSource, Route } from '../../operations/route.ts';
import type { JsonSchemas } from './json-schemas.ts';
import type { OperationDoc } from '../../operations/operation-doc.ts';
import { descriptionOf, withDescriptions, type JsonSchema } from './field-descriptions.ts';
import { BYTES, headerName } from './request-part.ts';
import type { NamedRoute } from '../routes.ts';

const OF_ALL: readonly ErrorCode[] = ['VALIDATION', 'INTERNAL'];
const OF_SOURCES: Readonly<Record<CallerSource, readonly ErrorCode[]>> = {
  open: [],
  caller: ['UNAUTHORIZED', 'INVALID_USER_ID', 'INVALID_ORG_ID', 'CONTENTION'],
  agent: ['UNAUTHORIZED', 'CONTENTION'],
};

/** Every code that the operation can be refused with. */
export function errorsOf(route: NamedRoute, input: JsonSchema, { errors }: OperationDoc): ErrorCode[] {
  const ofSessions: ErrorCode[] = route.from === 'caller' && input.properties?.sessionId ? ['SESSION_NOT_FOUND'] : [];
  const ofCallers = OF_SOURCES[route.from];
  const ofScopes: ErrorCode[] = route.from === 'agent' && route.agent !== 'any' ? ['FORBIDDEN'] : [];
  const ofBodies: ErrorCode[] = route.body || route.rawBody ? ['UNSUPPORTED_MEDIA_TYPE'] : [];
  return [...new Set([...OF_ALL, ...ofCallers, ...ofScopes, ...ofSessions, ...ofBodies, ...errors])];
}

/** Its answers by status. */
export function responsePart(route: NamedRoute, doc: OperationDoc, schemas: JsonSchemas, errors: readonly ErrorCode[]) {
  const problemsByStatus = problems(route, errors);
  const byGateway = route.headersOnly ? {} : gatewayAnswers(route);
  return { ...successes(route, doc, schemas), ...merged(problemsByStatus, byGateway) };
}

function successes(route: NamedRoute, { output, partialOutput, fields }: OperationDoc, schemas: JsonSchemas) {
  const { status, statusIfExisted, statusIfPartial, statusIfUnmodified, rawAnswer } = route;
  const described = (schema: JsonSchema) => withDescriptions(schema, route.operation, fields);
  const whole = described(schemas.of(output, 'output'));
  const part = partialOutput ? described(schemas.of(partialOutput, 'output')) : whole;
  const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
  const bytes = { 'application/octet-stream': { schema: BYTES } };
  const answer = (description: string, at: number | undefined, schema: JsonSchema) => {
    if (at === undefined) return {};
    const isBare = WITHOUT_BODY.has(at) || route.headersOnly;
    const content = isBare ? {} : { content: rawAnswer === undefined ? json(schema) : bytes };
    const headers = headersOf(route, at);
    return { [at]: { description, ...(Object.keys(headers).length > 0 && { headers }), ...content } };
  };
  return {
    ...answer('Done', status, whole),
    ...answer('Done; it was there before', statusIfExisted, whole),
    ...answer('A part of it', statusIfPartial, part),
    ...answer('The caller has it already', statusIfUnmodified, whole),
  };
}

const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);

const HEADERS: Readonly<Record<string, string>> = {
  etag: 'The tag of the file as it is now',
  'content-range': 'Which bytes of the file these are, and how many it has',
  'content-length': 'How many bytes the file has',
  'last-modified': 'When the file was changed last, in whole seconds',
  'file-mode': 'The permissions of the file, in octal digits',
  'accept-ranges': 'Ranges are served',
  'cache-control': 'Who may keep it',
};

function headersOf(route: Route, status: number) {
  const { answerHeaders = {}, fixedHeaders = {}, location, statusIfPartial, rawAnswer } = route;
  const isTold = (header: string) => {
    if (header === 'content-range') return status === statusIfPartial;
    if (header === 'content-length') return !WITHOUT_BODY.has(status);
    return status !== statusIfPartial || rawAnswer !== undefined;
  };
  const told = [...Object.keys(answerHeaders).filter(isTold), ...Object.keys(fixedHeaders)];
  return {
    ...Object.fromEntries(told.map((header) => [headerName(header), describedHeader(HEADERS[header] ?? header)])),
    ...(location && !WITHOUT_BODY.has(status) && { Location: describedHeader('Where it is from now on') }),
  };
}

const describedHeader = (description: string) => ({ description, schema: { type: 'string' } });

/** One answer for each status, with the codes that come with it. */
function problems({ headersOnly }: Route, errors: readonly ErrorCode[]) {
  const statuses = [...new Set(errors.map((code) => ERRORS[code].status))].sort((one, other) => one - other);
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = errors.filter((code) => ERRORS[code].status === status);
      const description = codes.map((code) => ERRORS[code].title).join('; ');
      const headers = {
        ...(codes.some((code) => retryAfterOf(code) !== undefined) && {
          'Retry-After': describedHeader('Seconds until the same request may succeed'),
        }),
        ...(codes.includes('RANGE_NOT_SATISFIABLE') && {
          'Content-Range': describedHeader('How many bytes the file has'),
        }),
        ...(codes.includes('UNAUTHORIZED') && { 'WWW-Authenticate': describedHeader('How to say who is calling') }),
        ...(headersOnly && {
          'Error-Code': { description: 'The code', schema: { type: 'string', enum: codes } },
          'Request-Id': describedHeader('The id of the request'),
        }),
      };
      const told = Object.keys(headers).length > 0 && { headers };
      const content = { content: { 'application/problem+json': problemContent(codes) } };
      return [status, { description, ...told, ...(!headersOnly && content) }];
    }),
  );
}

type Responses = Record<string, { description: string; content?: object }>;

/** What the gateway refuses by itself, of any operation; credentials where there must be a caller, sizes where there is a body. */
function gatewayAnswers({ body, rawBody, from }: NamedRoute): Responses {
  const ofCallers = from === 'caller' ? [401, 403] : [];
  const ofBodies = body?.length || rawBody ? [413] : [];
  const schema = { $ref: '#/components/schemas/GatewayMessage' };
  const answer = { description: 'The gateway refuses by itself', content: { 'application/json': { schema } } };
  return Object.fromEntries([...ofCallers, ...ofBodies, 429, 500, 503, 504].map((status) => [status, answer]));
}

/** A status may come from the functions and from the gateway: they have different types of content. */
function merged(problems: Responses, byGateway: Responses): Responses {
  const both = Object.entries(byGateway).map(([status, answer]) => {
    const problem = problems[status];
    return [status, problem ? { ...problem, content: { ...problem.content, ...answer.content } } : answer] as const;
  });
  return { ...problems, ...Object.fromEntries(both) };
}

function problemContent(codes: readonly ErrorCode[]) {
  return {
    schema: {
      allOf: [
        { $ref: '#/components/schemas/Problem' },
        {
          type: 'object',
          properties: {
            code: { type: 'string', enum: codes, description: descriptionOf('Problem', 'code', undefined) },
          },
        },
      ],
    },
    examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
  };
}
