import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConformanceRuns, failuresFile, REVISIONS } from './conformance-runs.ts';

/** What fails is held against the file of expected failures, and so is what does not fail any more. */
describe('all client scenarios of @modelcontextprotocol/conformance', () => {
  let runs: ConformanceRuns;
  beforeAll(async () => {
    runs = await ConformanceRuns.make();
  });
  afterAll(() => runs?.close());

  test.each(REVISIONS)('that %s requires end as expected', async (revision) => {
    const { code, printed } = await runs.of('--requirements', revision, '--expected-failures', failuresFile(revision));
    expect([code, printed]).toEqual([0, expect.any(String)]);
  });
});
