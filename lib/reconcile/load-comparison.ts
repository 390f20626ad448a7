import { ClientListStore } from '../mcp-clients/client-list-store.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { ReconcileStore } from './reconcile-store.ts';
import { SeatCorrectionStore } from '../limits/seat-correction-store.ts';
import { SeatItemsStore } from '../limits/seat-items-store.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { ReconcileReports } from './reconcile-run.ts';
import { Comparison } from './comparison.ts';

/** A reconcile of a table and its workspaces. */
export function newComparison(
  table: DynamoTable,
  sessions: SessionStore,
  workspaces: Workspaces,
  reports: ReconcileReports,
): Comparison {
  const stores = {
    round: new ReconcileStore(table),
    sessions,
    counters: new SeatCorrectionStore(table),
    seatItems: new SeatItemsStore(table),
    clients: new ClientListStore(table),
  };
  return new Comparison(stores, workspaces, reports);
}
