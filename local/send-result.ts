import type { FastifyReply } from 'fastify';
import type { HttpResult } from '../lib/api/http-answer/http-result.ts';

/** Sends what a function answers, as the gateway does. In bytes: Fastify adds a charset to the type of a text. */
export function sendResult(reply: FastifyReply, result: HttpResult): FastifyReply {
  const { statusCode = 200, headers = {}, body, isBase64Encoded } = result;
  reply.code(statusCode).headers(headers);
  if (body === undefined) return reply.send();
  if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json');
  return reply.send(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}
