import { execFile, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { newDirectory, PROJECT } from '../local/local-server.ts';

const NAME = 'agent-session-manager';

/** Do as the shells do at a TAB: call the function that is registered for the command, and print what it offers. */
const BASH = `
  source <(${NAME} completion bash)
  line=$1 word=$2
  read -ra COMP_WORDS <<<"$line"
  COMP_WORDS+=("$word")
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  [[ $(complete -p ${NAME}) =~ -F\\ ([^ ]+) ]]
  "\${BASH_REMATCH[1]}" ${NAME} "$word" "\${COMP_WORDS[COMP_CWORD - 1]}"
  printf '%s\\n' "\${COMPREPLY[@]}"
`;
/** Outside of its editor zsh has nothing that offers anything; so this prints what it would be given. */
const ZSH = `
  autoload -Uz compinit && compinit -D -u
  source <(${NAME} completion zsh)
  _describe() { print -rl -- "\${(@P)2}" }
  _default() { print -r -- 'files' }
  words=(\${(z)1} "$2") CURRENT=\${#words}
  \${_comps[${NAME}]}
`;

export const isInstalled = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** A directory with the command, for the PATH of a shell. */
async function binWithCommand(): Promise<string> {
  const bin = path.join(await newDirectory(), 'bin');
  await mkdir(bin);
  const program = `#!/bin/sh\ncd '${PROJECT}' && exec '${process.execPath}' --import tsx lib/cli/main.ts "$@"\n`;
  await writeFile(path.join(bin, NAME), program, { mode: 0o755 });
  return bin;
}

/** What shells offer for the word that is being written after a line. The user's own shell is another one. */
export async function completions() {
  const env = { PATH: `${await binWithCommand()}:${process.env.PATH}`, SHELL: '/bin/fish' };
  const offered = async (shell: string, args: string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(shell, args, { env });
    return stdout.trim().split('\n');
  };
  return {
    bash: (line: string, word: string) => offered('bash', ['--norc', '-c', BASH, 'bash', line, word]),
    zsh: (line: string, word: string) => offered('zsh', ['-f', '-c', ZSH, 'zsh', line, word]),
  };
}
