import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const MODULES = '../../node_modules';
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const TOOL = '@modelcontextprotocol/conformance';

/** The revisions whose requirements are met. */
export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

/** What a revision requires, as the tool has it. */
export const requirementsFile = (revision: Revision): string => at(`${MODULES}/${TOOL}/requirements/${revision}.yaml`);
/** Those that fail, each with its reason. */
export const failuresFile = (revision: Revision): string => at(`conformance-expected-failures-${revision}.yaml`);

/** How a run has ended, and what it has printed. */
export interface Ended {
  code: number;
  printed: string;
}

interface Failure {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs of the tool with our client, which is bundled into one file, as each scenario starts it anew. */
export class ConformanceRuns {
  private readonly directory: string;
  private readonly client: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.client = path.join(directory, 'client.mjs');
  }

  static async make(): Promise<ConformanceRuns> {
    const runs = new ConformanceRuns(await mkdtemp(path.join(tmpdir(), 'conformance-')));
    await run(at(`${MODULES}/.bin/esbuild`), [
      at('conformance-client.ts'),
      ...['--bundle', '--platform=node', '--format=esm', '--target=node22', `--outfile=${runs.client}`],
      `--banner:js=${REQUIRE}`,
    ]);
    return runs;
  }

  async of(...args: string[]): Promise<Ended> {
    const given = ['client', '--command', `${process.execPath} ${this.client}`, '--output-dir', this.directory];
    const command = [at(`${MODULES}/${TOOL}/dist/index.js`), ...given, '--timeout', '30000', ...args];
    const options = { cwd: this.directory, timeout: 200_000, env: { PATH: process.env.PATH } };
    return run(process.execPath, command, options).then(
      ({ stdout, stderr }) => ({ code: 0, printed: stdout + stderr }),
      ({ code, stdout, stderr }: Failure) => ({ code, printed: stdout + stderr }),
    );
  }

  close(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
