import pMap from 'p-map';
import type { Argv } from 'yargs';
import { UsageError } from '../cli-io.ts';
import type { CliRun, CommonOptions } from '../cli-run.ts';
import { EXIT } from '../exit-codes.ts';
import { progressOf } from '../progress.ts';
import { textIn } from '../text-input.ts';
import { visible } from '../visible.ts';

const CONCURRENCY = 4;

export function addEndingCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli
    .command(
      'end <sessionIds..>',
      'End sessions: their directories go, their seats are free',
      (command) =>
        command.positional('sessionIds', {
          type: 'string',
          array: true,
          demandOption: true,
          description: 'Their ids; - reads them from stdin',
        }),
      async (options) => {
        const sessionIds = await idsOf(options.sessionIds, run);
        const client = await run.client(options);
        const ended: string[] = [];
        const failed: string[] = [];
        const failures: [string, unknown][] = [];
        const progress = progressOf(run, 'Ending', sessionIds.length, 'sessions');
        const endOne = async (sessionId: string) => {
          if (run.io.signal.aborted) return;
          await client.cleanupSession({ sessionId }).then(
            () => ended.push(sessionId),
            (thrown: unknown) => failures.push([sessionId, thrown]),
          );
          progress.reach(ended.length + failures.length);
        };
        await pMap(sessionIds, endOne, { concurrency: CONCURRENCY });
        progress.stop();
        for (const [sessionId, thrown] of failures) {
          failed.push(sessionId);
          run.fail(thrown, sessionId);
        }
        await run.tell({ ended, failed }, () => ended.map((id) => `ended ${visible(id)}`).join('\n'));
        run.io.signal.throwIfAborted();
      },
    )
    .command(
      'cleanup',
      'End the sessions that are idle (admin)',
      (command) =>
        command.option('inactive-for-seconds', {
          type: 'number',
          description: 'Those idle for so long; without it, what is due by its own setting',
        }),
      async (options) => {
        const client = await run.client(options);
        const { inactiveForSeconds } = options;
        const cleaned: string[] = [];
        const failed = new Set<string>();
        let more = true;
        const progress = progressOf(run, 'Cleaning up', undefined, 'sessions');
        const tell = async () => {
          progress.stop();
          const result = { cleaned, failed: [...failed], more };
          await run.tell(result, () => cleaned.map((id) => `cleaned ${visible(id)}`).join('\n'));
        };
        try {
          for (;;) {
            const round = await client.cleanupInactiveSessions({ inactiveForSeconds });
            ({ more } = round);
            cleaned.push(...round.cleaned);
            round.failed.forEach((id) => failed.add(id));
            round.cleaned.forEach((id) => failed.delete(id));
            progress.reach(cleaned.length);
            // What is left is only what fails.
            if (!more || round.cleaned.length === 0) break;
          }
        } catch (thrown) {
          if (cleaned.length > 0) await tell();
          else progress.stop();
          throw thrown;
        }
        await tell();
        if (failed.size > 0) {
          run.note(`Not ended, the next cleanup goes on with them: ${[...failed].join(' ')}`);
          run.end(EXIT.failed);
        }
      },
    );
}

async function idsOf(named: string[], { io }: CliRun): Promise<string[]> {
  const given = await Promise.all(
    named.map(async (id) =>
      id === '-' ? (await textIn('-', 'The list of ids', io)).split(/\s+/).filter(Boolean) : [id],
    ),
  );
  const ids = [...new Set(given.flat())];
  if (ids.length === 0) throw new UsageError('No session is named.');
  return ids;
}
