import type { NamedRoute } from '../routes.ts';
import type { OperationDoc } from '../../operations/operation-doc.ts';

const ENCODED = 'percent-encoded UTF-8';

/** Which of them a deployment takes is decided by its `AUTH_MODE`, and by whether there is a gateway before it. */
export const securitySchemes = {
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'Of the configured issuer. `sub` is the user; organisation and role are claims.',
  },
  sessionToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'asm_…',
    description:
      'Of one session, by `POST /sessions/{sessionId}/tokens`. Its scopes say which `/agent` routes it opens.',
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'AWS Signature Version 4 for `execute-api`, by a service that acts for the user in the headers.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
  userId: { type: 'apiKey', in: 'header', name: 'x-user-id', description: `The user, ${ENCODED}` },
  orgId: { type: 'apiKey', in: 'header', name: 'x-org-id', description: `The organisation, ${ENCODED}` },
  role: { type: 'apiKey', in: 'header', name: 'x-role', description: '`admin` or `operator`; none for one’s own' },
} as const;

type Requirement = Partial<Record<keyof typeof securitySchemes, string[]>>;

/** The ways to say who is calling: a token, a signature with headers, and on one machine the headers alone. */
export function securityFor({ from, agent }: NamedRoute, { role }: OperationDoc): Requirement[] {
  if (from === 'open') return [];
  if (from === 'agent') return [{ sessionToken: agent === undefined || agent === 'any' ? [] : [agent] }];
  const headers: Requirement = { userId: [], orgId: [], ...(role && { role: [] }) };
  return [{ token: [] }, { signature: [], ...headers }, headers];
}
