import { commandLine } from './run-command-line.ts';

interface Option {
  name: string;
  type: string;
  isRequired: boolean;
}

interface Command {
  words: string[];
  /** Its arguments that have a place, as the usage line has them. */
  places: string[];
  options: Option[];
}

const OPTION =
  /^ +(?:-\w, )?--([\w-]+)(?:, --[\w-]+)? .*?\[(boolean|string|number|array|choices: [^\]]*)\](.*\[required\])?/;

/** All commands with their options, as the help has them. */
export async function commandsBelow(words: string[] = []): Promise<Command[]> {
  const { stdout } = await commandLine([...words, '--help']);
  const lines = stdout.split('\n');
  const [, commands = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
  const below = [...commands.matchAll(/^ {2}agent-session-manager (\S.*?)(?: {2}|$)/gm)].map(([, line = '']) =>
    line.split(' ').filter((word) => /^\w/.test(word)),
  );
  if (below.length > 0) return (await Promise.all(below.map((one) => commandsBelow(one)))).flat();
  const [usage = ''] = lines;
  const options = lines.flatMap((line) => {
    const [, name, type = '', required] = OPTION.exec(line) ?? [];
    return name === undefined || ['help', 'version'].includes(name) ? [] : [{ name, type, isRequired: !!required }];
  });
  return [{ words, places: usage.match(/<\w+(\.\.)?>/g) ?? [], options }];
}
