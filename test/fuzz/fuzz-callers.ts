import fc from 'fast-check';
import type { NamedRoute } from '../../lib/api/routes.ts';
import { nastyText } from './nasty-values.ts';

export const PEOPLE = [
  { userId: 'ada', orgId: 'acme' },
  { userId: 'ada', orgId: 'acme', role: 'admin' },
  { userId: 'eve', orgId: 'other' },
  { userId: 'op', orgId: 'acme', role: 'operator' },
] as const;

/** In place of a token: whoever sends the request knows those that are valid at that moment. */
export const TOKEN_OF = { ada: '{token of ada}', eve: '{token of eve}' } as const;
const authorizations = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(`Bearer ${TOKEN_OF.ada}`, `Bearer ${TOKEN_OF.eve}`) },
  { weight: 1, arbitrary: nastyText },
);

const headersOf = ({ userId, orgId, ...more }: (typeof PEOPLE)[number]): Record<string, string> => ({
  'x-user-id': userId,
  'x-org-id': orgId,
  ...('role' in more && { 'x-role': more.role }),
});

const identities = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...PEOPLE).map(headersOf) },
  {
    weight: 1,
    arbitrary: fc.record({ 'x-user-id': nastyText, 'x-org-id': nastyText, 'x-role': nastyText }, { requiredKeys: [] }),
  },
);

/** By which headers a request says who is calling. Routes of agents get both: identity headers count for nothing there. */
export const callersOf = ({ from }: NamedRoute): fc.Arbitrary<Record<string, string>> =>
  from === 'agent'
    ? fc.tuple(identities, authorizations).map(([headers, authorization]) => ({ ...headers, authorization }))
    : identities;
