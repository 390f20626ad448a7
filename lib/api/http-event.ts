import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';

const texts = lazily(() => z.record(z.string(), z.nullish(z.string())));

/** All that the HTTP door reads of an event of API Gateway, payload format 2.0; what lacks some of it is no such event. */
export const httpEventSchema = lazily(() =>
  z.looseObject({
    version: z.literal('2.0'),
    routeKey: z.string(),
    headers: texts(),
    pathParameters: z.nullish(texts()),
    queryStringParameters: z.nullish(texts()),
    body: z.nullish(z.string()),
    isBase64Encoded: z.boolean(),
    requestContext: z.looseObject({
      requestId: z.string().check(z.minLength(1)),
      http: z.looseObject({ sourceIp: z.string() }),
    }),
  }),
);
