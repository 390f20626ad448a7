import type { Argv } from 'yargs';
import { fields, type CliRun, type CommonOptions } from '../cli-run.ts';
import { visible } from '../visible.ts';
import { NEEDED_ID } from './owner-options.ts';

export function addAccessCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli
    .command(
      'heartbeat <sessionId>',
      'Say that a session is in use, for agents that work on the files alone',
      (command) => command.positional('sessionId', NEEDED_ID),
      async (options) => {
        const { sessionId } = options;
        await (await run.client(options)).heartbeat({ sessionId });
        await run.tell({ heartbeat: sessionId }, () => `heartbeat of ${visible(sessionId)}`);
      },
    )
    .command(
      'workspace-access <sessionId>',
      'Let the workspace be mounted elsewhere, by an EFS access point (on AWS)',
      (command) =>
        command
          .positional('sessionId', NEEDED_ID)
          .option('revoke', { type: 'boolean', default: false, description: 'Remove the access point' }),
      async (options) => {
        const { sessionId, revoke } = options;
        const client = await run.client(options);
        if (revoke) {
          await client.revokeWorkspaceAccess({ sessionId });
          await run.tell({ revoked: sessionId }, () => `revoked ${visible(sessionId)}`);
          return;
        }
        const access = await client.grantWorkspaceAccess({ sessionId });
        await run.tell(access, () => fields({ ...access }));
      },
    );
}
