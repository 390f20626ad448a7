import type { Argv } from 'yargs';
import { watchEvents } from '../../api/client/event-watch.ts';
import { UsageError } from '../cli-io.ts';
import type { CliRun, CommonOptions } from '../cli-run.ts';
import { jsonLine, visible } from '../visible.ts';

const TYPE_WIDTH = 22;

/** What every event has. */
interface WatchedEvent {
  id: string;
  type: string;
  time: string;
  sessionId: string;
  userId: string;
  orgId: string;
  [more: string]: unknown;
}

export function addWatchCommand(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command(
    'watch',
    'Show the events of all sessions as they happen (one machine, operator); Ctrl-C ends it',
    (command) =>
      command
        .option('count', { type: 'number', description: 'Ends after so many' })
        .option('last-event-id', { type: 'string', description: 'Begins after this event' }),
    async (options) => {
      const { count = Infinity, lastEventId } = options;
      if (!(count >= 1)) throw new UsageError('--count must be a number from 1 on.');
      const events = watchEvents(await run.connection(options), {
        lastEventId,
        onConnected: () => run.note('Connected.'),
        onLost: () => run.note('The connection is lost: connecting again.'),
      });
      let told = 0;
      for await (const text of events) {
        const event = JSON.parse(text) as WatchedEvent;
        await run.tellOne(event, () => eventLine(event));
        if (++told >= count) return;
      }
    },
  );
}

const SHOWN_BEFORE: ReadonlySet<string> = new Set(['id', 'version', 'type', 'time', 'sessionId', 'userId', 'orgId']);

function eventLine(event: WatchedEvent): string {
  const { type, time, sessionId, userId, orgId } = event;
  const details = Object.entries(event)
    .filter(([name]) => !SHOWN_BEFORE.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : jsonLine(value)}`);
  return visible([time, type.padEnd(TYPE_WIDTH), sessionId, `${userId}/${orgId}`, ...details].join('  '));
}
