import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import {
  ConformanceRuns,
  failuresFile,
  requirementsFile,
  REVISIONS,
  type Ended,
  type Revision,
} from './conformance-runs.ts';

/** What passes. `auth/client-credentials-basic` is of an extension that is offered. */
const PASSING: Record<Revision, string[]> = {
  '2025-11-25': ['initialize', 'tools_call', 'sse-retry', 'auth/pre-registration', 'auth/client-credentials-basic'],
  '2026-07-28': [
    ...['tools_call', 'request-metadata', 'sep-2322-client-request-state', 'json-schema-ref-no-deref'],
    ...['http-standard-headers', 'http-custom-headers', 'http-invalid-tool-headers'],
    ...['auth/pre-registration', 'auth/client-credentials-basic'],
  ],
};
const CONCURRENCY = 3;
/** `sse-retry` warns where the reconnection is 200 ms late, as it may be on a busy machine. */
const ATTEMPTS = 3;

const cases = REVISIONS.flatMap((revision) => PASSING[revision].map((scenario) => [revision, scenario] as const));
const itemsOf = (yaml: string): string[] =>
  [...yaml.matchAll(/^ {2}- ([\w/.-]+)$/gm)].map(([, name]) => name as string);

/** `conformance.deep.test.ts` also runs what is expected to fail. */
describe('of the client scenarios of @modelcontextprotocol/conformance', () => {
  const outcomes = new Map<string, Ended>();
  let runs: ConformanceRuns;
  beforeAll(async () => {
    runs = await ConformanceRuns.make();
    const attempt = async (revision: Revision, scenario: string) => {
      let ended: Ended = { code: 1, printed: '' };
      for (let count = 0; count < ATTEMPTS && ended.code !== 0; count++) {
        // Of an extension, whatever the revision.
        ended = await runs.of('--scenario', scenario, '--spec-version', revision, '--force');
      }
      outcomes.set(`${revision} ${scenario}`, ended);
    };
    await pMap(cases, ([revision, scenario]) => attempt(revision, scenario), { concurrency: CONCURRENCY });
  }, 240_000);
  afterAll(() => runs?.close());

  test.each(cases)('of %s, %s passes', (revision, scenario) => {
    const { code, printed } = outcomes.get(`${revision} ${scenario}`) ?? {};
    expect([code, printed]).toEqual([0, expect.stringMatching(/Passed: [1-9]/)]);
  });

  test.each(REVISIONS)('that %s requires, none is neither run nor in the list of those that fail', async (revision) => {
    const required = itemsOf((await readFile(requirementsFile(revision), 'utf8')).split(/^client:$/m)[1] ?? '');
    const failing = itemsOf(await readFile(failuresFile(revision), 'utf8'));
    expect(required.length).toBeGreaterThan(15);
    expect(required.filter((name) => !PASSING[revision].includes(name) && !failing.includes(name))).toEqual([]);
    expect(PASSING[revision].filter((name) => failing.includes(name))).toEqual([]);
  });
});
