import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

/**
 * Whether it has all that the HTTP door reads of an event of API Gateway, payload format 2.0. By hand and not by a schema:
 * this comes before each first call, and only the gateway and those who may invoke the function can send one.
 */
export function isHttpEvent(event: unknown): event is HttpEvent {
  if (!isObject(event) || event.version !== '2.0' || !isObject(event.requestContext)) return false;
  const { requestId, http } = event.requestContext;
  return (
    typeof event.routeKey === 'string' &&
    isTexts(event.headers) &&
    isNoneOr(isTexts, event.pathParameters) &&
    isNoneOr(isTexts, event.queryStringParameters) &&
    isNoneOr(isText, event.rawQueryString) &&
    isNoneOr(isText, event.body) &&
    typeof event.isBase64Encoded === 'boolean' &&
    isText(requestId) &&
    requestId !== '' &&
    isObject(http) &&
    isText(http.sourceIp)
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';

const isTexts = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((one) => isNoneOr(isText, one));

const isNoneOr = (isSo: (value: unknown) => boolean, value: unknown): boolean =>
  value === undefined || value === null || isSo(value);
