import { randomUUID } from 'node:crypto';

interface Request {
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  /** As the JWT authorizer passes them on: an array is the text `[a b]`. */
  claims?: Record<string, string>;
}

/** An event of an HTTP API, payload format 2.0, in the shape that API Gateway sends: paths decoded, bodies in base64. */
export function gatewayEvent(routeKey: string, { path = {}, query, headers = {}, body, claims }: Request = {}) {
  const [method, template] = routeKey.split(' ') as [string, string];
  const rawPath = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] as string);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {
      'accept-encoding': 'gzip',
      'content-type': 'application/octet-stream',
      host: 'abcdefghij.execute-api.us-east-1.amazonaws.com',
      'x-forwarded-proto': 'https',
      ...headers,
    },
    ...(query && { queryStringParameters: query }),
    ...(Object.keys(path).length > 0 && { pathParameters: path }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      domainName: 'abcdefghij.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'abcdefghij',
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'agent/1' },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: '22/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_348_800_000,
    },
    ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
    isBase64Encoded: body !== undefined,
  };
}
