import { randomUUID } from 'node:crypto';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { problemAnswer } from '../lib/api/http-answer/problem-answer.ts';
import { readConfig } from '../lib/configuration.ts';
import { MethodNotAllowedError } from '../lib/errors.ts';
import { sendResult } from './send-result.ts';

/**
 * Answers every other method of a path that is served with 405. The gateway says 404 there: a route that says more would
 * start a function for each such request. Call the first before the routes are added, and what it gives after them.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const served = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    served.set(url, new Set([...(served.get(url) ?? []), ...[method].flat()]));
  });
  return () => {
    for (const [url, methods] of [...served]) refuse(app, url, [...methods].sort());
  };
}

function refuse(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const others = app.supportedMethods.filter((method) => !allowed.includes(method)) as HTTPMethods[];
  app.route({
    url,
    method: others,
    handler: (_request, reply) => {
      const error = new MethodNotAllowedError(allowed);
      return sendResult(reply, problemAnswer(error, randomUUID(), readConfig(process.env).authMode));
    },
  });
}
