import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { ForbiddenError, ValidationError } from '../errors.ts';
import {
  checkOrgId,
  checkUserId,
  isUnrestricted,
  NARROWEST_SCOPE_FIRST,
  type Caller,
  type ScopeOwner,
} from '../identity.ts';
import { MAX_LIMIT, MAX_SEAT_ITEMS, type Usage } from './limit.ts';
import { limitAudit } from './limit-audit.ts';
import type { SeatLayout } from './seat-layout.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { SeatStore } from './seat-store.ts';

export const limitRefShape = () => ({
  scope: z.enum(NARROWEST_SCOPE_FIRST),
  orgId: z.optional(z.string()),
  userId: z.optional(z.string()),
});
export const limitShape = () => ({
  limit: z.nullable(z.int().check(z.minimum(0), z.maximum(MAX_LIMIT))),
  items: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_SEAT_ITEMS))),
});
const limitRefSchema = lazily(() => z.strictObject(limitRefShape()));
const limitSchema = lazily(() => z.strictObject(limitShape()));

/** `global`; `org` with `orgId`; `user` with `orgId` and `userId`. */
export type LimitRef = z.output<ReturnType<typeof limitRefSchema>>;
/** `limit`: `null` = none, 0 = no session. `items`: over how many items of the table its seats are spread; 1 does for most. */
export type LimitInput = z.output<ReturnType<typeof limitSchema>>;

/** The limit in force and the seats in use. `isDefault`: the scope has none of its own, and what is configured holds. */
export interface LimitInfo extends Usage {
  items: number;
  isDefault: boolean;
}

/** Limits that can be set while sessions come and go. For operators. */
export class LimitSettings {
  readonly #seats: SeatStore;
  readonly #audit: AuditLog;
  readonly #caller: Caller;

  constructor(seats: SeatStore, audit: AuditLog, caller: Caller) {
    this.#seats = seats;
    this.#audit = audit;
    this.#caller = caller;
  }

  async get(ref: LimitRef): Promise<LimitInfo> {
    return this.#recorded(limitAudit.getLimit, ref, async (of) => this.#infoOf(of, await this.#seats.layout(of)));
  }

  /** In force when it returns. Below what is active it ends no session, and admits none until enough have ended. */
  async put(ref: LimitRef, input: LimitInput): Promise<LimitInfo> {
    return this.#recorded(limitAudit.putLimit, ref, async (of) => {
      const { limit, items } = readInput(limitSchema(), input);
      this.#audit.note({ limit });
      return this.#infoOf(of, await this.#seats.setLimit(of, limit, items));
    });
  }

  /** What is configured holds again. Also if the scope has no limit of its own. */
  async delete(ref: LimitRef): Promise<void> {
    await this.#recorded(limitAudit.deleteLimit, ref, (of) => this.#seats.clearLimit(of));
  }

  async #recorded<T>(row: AuditRow, ref: LimitRef, work: (of: ScopeOwner) => Promise<T>): Promise<T> {
    return this.#audit.record(row, this.#caller, {}, async () => {
      const of = ownerOf(readInput(limitRefSchema(), ref));
      const { scope, orgId, userId } = of;
      this.#audit.note({ limitScope: scope, ...(orgId && { orgId }), ...(userId && { userId }) });
      if (!isUnrestricted(this.#caller)) throw new ForbiddenError('Only an operator may see or change limits.');
      return work(of);
    });
  }

  #infoOf(of: ScopeOwner, layout: SeatLayout): LimitInfo {
    const { limit, active } = this.#seats.usageOf(of, layout);
    return { limit, active, items: layout.items.length, isDefault: layout.first.seats === undefined };
  }
}

function ownerOf({ scope, orgId, userId }: LimitRef): ScopeOwner {
  if (scope !== 'user' && userId !== undefined) throw ValidationError.at('userId', 'goes with the scope user');
  if (scope === 'global') {
    if (orgId !== undefined) throw ValidationError.at('orgId', 'goes with the scopes org and user');
    return { scope, orgId: '', userId: '' };
  }
  const org = checkOrgId(needed('orgId', orgId));
  return { scope, orgId: org, userId: scope === 'user' ? checkUserId(needed('userId', userId)) : '' };
}

function needed(field: string, value: string | undefined): string {
  if (value === undefined) throw ValidationError.at(field, 'is needed');
  return value;
}
