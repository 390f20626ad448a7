import { ClientListCorrection } from '../store/client-list-correction.ts';
import type { DynamoTable } from '../store/dynamo-table.ts';
import { ReconcileStore } from '../store/reconcile-store.ts';
import { SeatCorrection } from '../store/seat-correction.ts';
import { SeatItemsCorrection } from '../store/seat-items-correction.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { Workspaces } from '../workspace/workspaces.ts';
import type { Reports } from './reconcile-run.ts';
import { Reconcile } from './reconcile.ts';

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
