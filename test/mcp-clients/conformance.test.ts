import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const MODULES = '../../node_modules';
const TOOL = at(`${MODULES}/@modelcontextprotocol/conformance/dist/index.js`);
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Of the tool itself; what fails is held against the file of expected failures, and so is what does not fail any more. */
describe('the client scenarios of @modelcontextprotocol/conformance', () => {
  let directory: string;
  let client: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'conformance-'));
    client = path.join(directory, 'client.mjs');
    // One file, as each scenario starts it anew.
    await run(at(`${MODULES}/.bin/esbuild`), [
      at('conformance-client.ts'),
      ...['--bundle', '--platform=node', '--format=esm', '--target=node22', `--outfile=${client}`],
      `--banner:js=${REQUIRE}`,
    ]);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const conformance = async (...args: string[]) => {
    const given = ['client', '--command', `${process.execPath} ${client}`, '--output-dir', directory, ...args];
    const baseline = ['--timeout', '15000', '--expected-failures', at('conformance-expected-failures.yaml')];
    const command = [TOOL, ...given, ...baseline];
    const options = { cwd: directory, timeout: 50_000, env: { PATH: process.env.PATH } };
    return run(process.execPath, command, options).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };

  test.each(['auth', 'backcompat', 'extensions', 'draft'])('of %s end as expected', async (suite) => {
    const { code, stdout } = await conformance('--suite', suite);
    expect([code, stdout]).toEqual([0, expect.any(String)]);
    if (suite === 'extensions') expect(stdout).toMatch(/auth\/client-credentials-basic: [1-9]\d* passed, 0 failed/);
  });

  test.each(['initialize', 'tools_call', 'elicitation-sep1034-client-defaults'])(
    '%s ends as expected',
    async (scenario) => {
      expect(await conformance('--scenario', scenario)).toMatchObject({ code: 0 });
    },
  );

  test('sse-retry ends as expected', async () => {
    let ended = await conformance('--scenario', 'sse-retry');
    // It warns where the reconnection is 200 ms late, as it may be on a busy machine.
    for (let again = 0; again < 2 && ended.code !== 0; again++) ended = await conformance('--scenario', 'sse-retry');
    expect(ended).toMatchObject({ code: 0 });
  });
});
