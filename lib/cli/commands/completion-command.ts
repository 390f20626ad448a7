import type { Argv } from 'yargs';
import { UsageError } from '../cli-io.ts';
import type { CliRun, CommonOptions } from '../cli-run.ts';

const SHELLS = ['bash', 'zsh'] as const;
type Shell = (typeof SHELLS)[number];

/**
 * The scripts that yargs has depend on the shell of the user, not on the one that reads them, and need bash 4; macOS has 3.2.
 * yargs answers for the shell that `SHELL` names.
 */
const SCRIPTS: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `# Completion of ${program} for bash. In ~/.bashrc: source <(${program} completion bash)
_${program}_completions() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    [[ $word == "$2"* ]] && COMPREPLY+=("$word")
  done < <(SHELL=bash ${program} --get-yargs-completions "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
}
complete -o bashdefault -o default -F _${program}_completions ${program}`,
  zsh: (program) => `#compdef ${program}
# Completion of ${program} for zsh. In ~/.zshrc, after compinit: source <(${program} completion zsh)
_${program}_completions() {
  local -a words_found
  words_found=("\${(@f)$(SHELL=zsh ${program} --get-yargs-completions "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${words_found[*]}" ]]; then
    _describe 'values' words_found
  else
    _default
  fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _${program}_completions "$@"
else
  compdef _${program}_completions ${program}
fi`,
};

export function addCompletionCommand(cli: Argv<CommonOptions>, run: CliRun, program: string): Argv<CommonOptions> {
  return cli.command(
    'completion [shell]',
    'Print the completion script of a shell',
    (command) => command.positional('shell', { choices: SHELLS, description: 'Else the one that SHELL names' }),
    async ({ shell = shellOf(run.io.env.SHELL) }) => {
      const script = SCRIPTS[shell](program);
      await run.tellText({ shell, script }, `${script}\n`);
    },
  );
}

function shellOf(path = ''): Shell {
  const named = SHELLS.find((shell) => path.split('/').at(-1) === shell);
  if (named === undefined) throw new UsageError('Name the shell: completion bash, or completion zsh.');
  return named;
}
