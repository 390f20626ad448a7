import * as z from 'zod/mini';
import { UnauthorizedError } from '../errors.ts';
import { checkIdentity, type Caller } from '../identity.ts';
import { ownFieldsOf } from '../own-fields.ts';
import { lazily, parseInput } from '../schemas.ts';

/** For whom a direct invocation is made. */
export const actorSchema = lazily(() =>
  z.strictObject({ userId: z.string(), orgId: z.string(), role: z.optional(z.enum(['admin', 'operator'])) }),
);

/** For whom an operation is done. Left out, it is done as an operator, which is what may do everything. */
export type Actor = z.input<ReturnType<typeof actorSchema>>;

/** What the value itself says, without what it inherits: as it would travel as JSON. */
export const ownFields = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : value;

/** A copy of an actor that somebody names. Nobody is no actor: who leaves one out has to leave it out. */
export function parseActor(value: unknown): Actor {
  if (value === undefined || value === null) throw new UnauthorizedError('The client needs an actor to act for.');
  const { userId, orgId, role } = parseInput(actorSchema(), ownFieldsOf(value, 'actor'));
  return { ...checkIdentity({ userId, orgId }), ...(role !== undefined && { role }) };
}

export function callerOfActor({ role, ...identity }: Actor): Caller {
  return { kind: role ?? 'user', ...checkIdentity(identity) };
}
