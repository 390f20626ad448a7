import type { Argv } from 'yargs';
import type { OutputOf } from '../../api/operations.ts';
import { columns, fields, type CliRun, type CommonOptions } from '../cli-run.ts';
import { jsonObject } from '../json-input.ts';
import { textIn } from '../text-input.ts';
import { jsonLine, visible } from '../visible.ts';
import { IF_VERSION } from './metadata-options.ts';
import { OWNER, ownerOf, SCOPE } from './owner-options.ts';

type Layer = OutputOf<'getPrompt'>;

const promptId = { type: 'string', demandOption: true, description: 'The id of the layer' } as const;

export function addLayerCommands(cli: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return cli.command('layers', 'The layers that system prompts are composed of (admin)', (group) =>
    addChangingCommands(addReadingCommands(group, run), run).demandCommand(1, 'Name a command of layers.'),
  );
}

function addReadingCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'list <scope>',
      'List the layers of a scope',
      (command) => command.positional('scope', SCOPE).options(OWNER),
      async (options) => {
        const list = await (await run.client(options)).listPrompts({ scope: options.scope, ...ownerOf(options) });
        await run.tell(list, () => layerColumns(list.prompts));
      },
    )
    .command(
      'get <scope> <promptId>',
      'Show a layer, and its text below',
      (command) => command.positional('scope', SCOPE).positional('promptId', promptId).options(OWNER),
      async (options) => {
        const { scope, promptId } = options;
        const layer = await (await run.client(options)).getPrompt({ scope, promptId, ...ownerOf(options) });
        await run.tell(layer, () => `${layerFields(layer)}\n\n${layer.template ?? layer.content ?? ''}`);
      },
    )
    .command(
      'preview',
      'Print the system prompt that a new session would begin with',
      (command) =>
        command.options(OWNER).option('prompt-variables', {
          type: 'string',
          description: 'What templates take: a JSON object, - for stdin',
        }),
      async (options) => {
        const { promptVariables: given } = options;
        const promptVariables = given === undefined ? undefined : await jsonObject('--prompt-variables', given, run.io);
        const client = await run.client(options);
        const preview = await client.previewPrompt({
          ...ownerOf(options),
          promptVariables,
        });
        await run.tellText(preview, preview.systemPrompt);
        for (const { scope, id, version } of preview.layers) run.note(`Layer: ${scope}/${id}, version ${version}`);
        for (const warning of preview.warnings) run.note(`Warning: ${warning}`);
      },
    );
}

function addChangingCommands(group: Argv<CommonOptions>, run: CliRun): Argv<CommonOptions> {
  return group
    .command(
      'put <scope> <promptId> <source>',
      'Write a layer as a whole; --if-version replaces the one that has this version',
      (command) =>
        command
          .positional('scope', SCOPE)
          .positional('promptId', promptId)
          .positional('source', { type: 'string', demandOption: true, description: 'A text file; - is stdin' })
          .options(OWNER)
          .option('template', { type: 'boolean', default: false, description: 'The text is a Mustache template' })
          .option('variables', {
            type: 'string',
            description: 'Values for the template, a JSON object; they win over those of a create',
          })
          .option('name', { type: 'string', description: 'A name for people; else the id' })
          .option('priority', { type: 'number', description: 'Layers are joined by this, highest first; else 0' })
          .option('inactive', { type: 'boolean', default: false, description: 'Not part of prompts' })
          .version(false)
          .option('if-version', IF_VERSION),
      async (options) => {
        const { scope, promptId, source, template, variables, name, priority, inactive, ifVersion } = options;
        const text = await textIn(source, 'The layer', run.io);
        const client = await run.client(options);
        const layer = await client.putPrompt({
          scope,
          promptId,
          ...ownerOf(options),
          ...(template ? { template: text } : { content: text }),
          variables: variables === undefined ? undefined : await jsonObject('--variables', variables, run.io),
          name,
          priority,
          isActive: !inactive,
          version: ifVersion,
        });
        await run.tell(layer, () => layerFields(layer));
      },
    )
    .command(
      'delete <scope> <promptId>',
      'Delete a layer',
      (command) =>
        command
          .positional('scope', SCOPE)
          .positional('promptId', promptId)
          .options(OWNER)
          .version(false)
          .option('if-version', IF_VERSION),
      async (options) => {
        const { scope, promptId, ifVersion: version } = options;
        await (await run.client(options)).deletePrompt({ scope, promptId, ...ownerOf(options), version });
        await run.tell({ deleted: promptId }, () => `deleted ${visible(promptId)}`);
      },
    );
}

const layerFields = ({ id, name, version, priority, isActive, variables, template, updatedAt }: Layer): string =>
  fields({
    id,
    name,
    version,
    priority,
    active: isActive ? 'yes' : 'no',
    kind: template === undefined ? 'content' : 'template',
    variables: jsonLine(variables),
    updatedAt,
  });

function layerColumns(layers: Layer[]): string {
  const rows = layers.map(({ id, name, version, priority, isActive, template, updatedAt }) => [
    id,
    name,
    version,
    priority,
    isActive ? 'yes' : 'no',
    template === undefined ? 'content' : 'template',
    updatedAt,
  ]);
  return columns(['ID', 'NAME', 'VERSION', 'PRIORITY', 'ACTIVE', 'KIND', 'UPDATED'], rows);
}
