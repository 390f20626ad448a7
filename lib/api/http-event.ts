import * as z from 'zod';

const texts = z.record(z.string(), z.string().nullish());

/** All that the HTTP door reads of an event of API Gateway, payload format 2.0; what lacks some of it is no such event. */
export const httpEventSchema = z.looseObject({
  version: z.literal('2.0'),
  routeKey: z.string(),
  headers: texts,
  pathParameters: texts.nullish(),
  queryStringParameters: texts.nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean(),
  requestContext: z.looseObject({
    requestId: z.string().min(1),
    http: z.looseObject({ sourceIp: z.string() }),
  }),
});
