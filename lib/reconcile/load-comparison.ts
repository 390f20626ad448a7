import { ClientListCorrection } from '../mcp-clients/client-list-store.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { ReconcileStore } from './reconcile-store.ts';
import { SeatCorrection } from '../limits/seat-correction-store.ts';
import { SeatItemsCorrection } from '../limits/seat-items-store.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { Reports } from './reconcile-run.ts';
import { Reconcile } from './comparison.ts';

/** A reconcile of a table and its workspaces. */
export function reconcileOf(
  table: DynamoTable,
  sessions: SessionStore,
  workspaces: Workspaces,
  reports: Reports,
): Reconcile {
  const stores = {
    round: new ReconcileStore(table),
    sessions,
    counters: new SeatCorrection(table),
    seatItems: new SeatItemsCorrection(table),
    clients: new ClientListCorrection(table),
  };
  return new Reconcile(stores, workspaces, reports);
}
