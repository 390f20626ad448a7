import type { HttpResult } from './http-result.ts';

/** The same answer without its body, and with the body's length. */
export function answerToHead({ body, isBase64Encoded, ...answer }: HttpResult): HttpResult {
  if (body === undefined) return answer;
  const length = Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
  return { ...answer, headers: { 'content-length': String(length), ...answer.headers } };
}

/** A refusal without its body: headers have what clients read in it. */
export const refusalToHead = (answer: HttpResult, code: string, requestId: string): HttpResult =>
  answerToHead({ ...answer, headers: { ...answer.headers, 'error-code': code, 'request-id': requestId } });
