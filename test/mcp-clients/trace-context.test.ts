import { describe, expect, test } from '@jest/globals';
import { traceparentOf } from '../../lib/mcp-clients/trace-context.ts';

const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';

describe('the trace of an invocation as W3C Trace Context', () => {
  test.each([
    [`${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`, '00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01'],
    [
      `${ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:b`,
      '00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00',
    ],
    [ROOT, undefined],
    ['Root=1-x-y;Parent=53995c3f42cd8ad8', undefined],
    ['nonsense', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (xray, expected) => {
    expect(traceparentOf(xray)).toBe(expected);
  });
});
