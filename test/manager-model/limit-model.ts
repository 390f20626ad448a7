import type { Identity } from '../../lib/identity.ts';
import { Refused, copyOf } from './answer.ts';

export type Scope = 'global' | 'org' | 'user';
export type Presets = Readonly<Record<Scope, number>>;
export interface LimitOf extends Identity {
  scope: Scope;
}

export interface LimitAnswer {
  limit: number | null;
  active: number;
  isDefault: boolean;
}

type SeatsIn = (isIn: (session: Identity) => boolean) => number;

/** Limits of scopes, set or preset, and how many seats are taken. A preset of 0 is none; a limit of 0 lets nobody in. */
export class LimitModel {
  readonly presets: Presets;
  private readonly seatsIn: SeatsIn;
  private set: Record<string, { limit: number | null; items: number }> = {};

  constructor(presets: Presets, seatsIn: SeatsIn) {
    this.presets = presets;
    this.seatsIn = seatsIn;
  }

  copyFrom(other: LimitModel): void {
    this.set = copyOf(other.set);
  }

  fingerprint(): string {
    return JSON.stringify(this.set);
  }

  get(of: LimitOf): LimitAnswer {
    const own = this.set[keyOf(of)];
    const preset = this.presets[of.scope];
    return {
      limit: own ? own.limit : preset === 0 ? null : preset,
      active: this.seatsIn((session) => isIn(of, session)),
      isDefault: own === undefined,
    };
  }

  /** More seats taken than the limit are one item's debt: they are spread again when it is paid off. */
  put(of: LimitOf, limit: number | null, items: number | undefined): LimitAnswer & { items: number } {
    const wanted = items ?? this.set[keyOf(of)]?.items ?? 1;
    this.set[keyOf(of)] = { limit, items: wanted };
    const answer = this.get(of);
    return { ...answer, items: limit !== null && answer.active > limit ? 1 : wanted };
  }

  delete(of: LimitOf): void {
    delete this.set[keyOf(of)];
  }

  /** The narrowest scope that is full refuses. */
  checkRoomFor(owner: Identity): void {
    for (const scope of ['user', 'org', 'global'] as const) {
      const { limit, active } = this.get({ scope, ...owner });
      if (limit !== null && active >= limit) throw new Refused('MAX_SESSIONS_REACHED', { scope, limit, active });
    }
  }
}

export const keyOf = ({ scope, userId, orgId }: LimitOf): string =>
  scope === 'global' ? 'global' : scope === 'org' ? `org ${orgId}` : `user ${orgId} ${userId}`;

function isIn({ scope, userId, orgId }: LimitOf, session: Identity): boolean {
  if (scope === 'global') return true;
  return session.orgId === orgId && (scope === 'org' || session.userId === userId);
}
