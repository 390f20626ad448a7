import type { Argv } from 'yargs';
import { type CliRun, type CommonOptions } from '../cli-run.ts';
import { textIn } from '../text-input.ts';
import { NEEDED_ID } from './owner-options.ts';

export function addPromptCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('prompt', 'The system prompt of a session', (group) =>
    group
      .command(
        'get <sessionId>',
        'Print the system prompt',
        (command) => command.positional('sessionId', NEEDED_ID),
        async (options) => {
          const prompt = await (await run.client(options)).getSystemPrompt({ sessionId: options.sessionId });
          await run.tellText(prompt, prompt.systemPrompt);
        },
      )
      .command(
        'set <sessionId> <source>',
        'Replace the system prompt',
        (command) =>
          command
            .positional('sessionId', NEEDED_ID)
            .positional('source', { type: 'string', demandOption: true, description: 'A text file; - is stdin' }),
        async (options) => {
          const systemPrompt = await textIn(options.source, 'The prompt', run.io);
          const { sessionId } = options;
          const prompt = await (await run.client(options)).updateSystemPrompt({ sessionId, systemPrompt });
          await run.tell(prompt, () => `set the prompt, ${Buffer.byteLength(prompt.systemPrompt)} bytes`);
        },
      )
      .demandCommand(1, 'Name a command of prompt.'),
  );
}
