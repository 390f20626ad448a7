/** What the schedule sends to a function: the input of its target, and what the function knows it by. */
export const SCHEDULED_EVENT = {
  version: '0',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  resources: [],
  detail: {},
} as const;
