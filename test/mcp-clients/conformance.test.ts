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

/** What a revision requires of clients, and of extensions the sign-in that there is. */
const SCENARIOS = {
  '2025-11-25': ['initialize', 'tools_call', 'sse-retry', 'auth/pre-registration', 'auth/client-credentials-basic'],
  '2026-07-28': [
    ...['tools_call', 'request-metadata', 'sep-2322-client-request-state', 'json-schema-ref-no-deref'],
    ...['http-standard-headers', 'http-custom-headers', 'http-invalid-tool-headers'],
    ...['auth/pre-registration', 'auth/client-credentials-basic'],
  ],
};

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

  const conformance = async (revision: string) => {
    const given = ['client', '--command', `${process.execPath} ${client}`, '--output-dir', directory];
    const expected = at(`conformance-expected-failures-${revision}.yaml`);
    const command = [TOOL, ...given, '--requirements', revision, '--timeout', '60000', '--expected-failures', expected];
    const options = { cwd: directory, timeout: 100_000, env: { PATH: process.env.PATH } };
    return run(process.execPath, command, options).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };

  test.each(Object.entries(SCENARIOS))('that %s requires end as expected', async (revision, scenarios) => {
    let ended = await conformance(revision);
    // `sse-retry` warns where the reconnection is 200 ms late, as it may be on a busy machine.
    if (ended.code !== 0) ended = await conformance(revision);
    const { code, stdout } = ended;
    expect([code, stdout]).toEqual([0, expect.any(String)]);
    for (const scenario of scenarios) expect(stdout).toMatch(new RegExp(`✓ ${scenario}: [1-9]\\d* passed, 0 failed`));
  });
});
