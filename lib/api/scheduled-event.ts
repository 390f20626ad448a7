/** What the schedule sends to a function: the input of its target, and what the function knows it by. */
export const SCHEDULED_EVENT = {
  version: '0',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  resources: [],
  detail: {},
} as const;

/** The same for the daily reconcile, which goes to the cleanup too. */
export const RECONCILE_EVENT = { ...SCHEDULED_EVENT, 'detail-type': 'Scheduled Reconcile' } as const;

/** The same for a function that does nothing by a schedule, to be called now and then. */
export const PING_EVENT = { ...SCHEDULED_EVENT, 'detail-type': 'Scheduled Ping' } as const;
