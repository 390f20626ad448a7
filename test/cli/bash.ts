import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { newDirectory, PROJECT } from '../local/local-server.ts';
import { TYPESCRIPT } from '../setup/typescript-program.ts';

const NAME = 'agent-session-manager';

/** Does as the shell does at a TAB: calls the function that is registered for the command, and prints what it replied. */
const ASK = `
  source <(${NAME} completion)
  line=$1 word=$2
  read -ra COMP_WORDS <<<"$line"
  COMP_WORDS+=("$word")
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  [[ $(complete -p ${NAME}) =~ -F\\ ([^ ]+) ]]
  "\${BASH_REMATCH[1]}" ${NAME} "$word" "\${COMP_WORDS[COMP_CWORD - 1]}"
  printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** A bash that has the command on its PATH, and has read the completion script that it prints. */
export class Bash {
  private readonly bin: string;

  private constructor(bin: string) {
    this.bin = bin;
  }

  static async open(): Promise<Bash> {
    const bin = path.join(await newDirectory(), 'bin');
    await mkdir(bin);
    const program = `#!/bin/sh\ncd '${PROJECT}' && exec '${process.execPath}' ${TYPESCRIPT.join(' ')} lib/cli/main.ts "$@"\n`;
    await writeFile(path.join(bin, NAME), program, { mode: 0o755 });
    return new Bash(bin);
  }

  /** What it offers for the word that is being written after a line. */
  async completed(line: string, word: string): Promise<string[]> {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH: `${this.bin}:${PATH}`, NODE_COMPILE_CACHE, SHELL: '/bin/bash' };
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', ASK, 'bash', line, word], { env });
    return stdout.trim().split('\n');
  }
}
