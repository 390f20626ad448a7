import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { resourcesOf, synthTemplate } from '../synth.ts';

const template = synthTemplate();
const patterns = Object.values(resourcesOf(template))
  .filter(({ Type }) => Type === 'AWS::Logs::MetricFilter')
  .map(({ Properties }) => String(Properties.FilterPattern))
  .filter((pattern) => pattern.includes('$.status'));

/** CloudWatch's conditions on JSON, as JavaScript. */
const conditionOf = (pattern: string) =>
  pattern.replaceAll(/[{}]/g, '').replaceAll(' != ', ' !== ').replaceAll(' = ', ' === ');

describe('the alarm of the API', () => {
  test('reads the access log', () => {
    expect(patterns).toHaveLength(1);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'SessionManager-ApiServerErrors',
      Namespace: 'SessionManager',
      MetricName: 'ApiServerErrors',
    });
  });

  // A tenant's dead MCP server called the operator: its 502 is a 5xx of the API like any other.
  test.each([
    ['a failure of ours', '500', '-', true],
    ['a busy table, or a function that ran out of time', '503', '-', true],
    ['the gateway gave up', '504', 'timed out', true],
    ['the function gave no answer', '502', 'malformed response', true],
    ['an MCP server that fails', '502', '-', false],
    ['a workspace that is full', '507', '-', false],
    ['what this deployment does not have', '501', '-', false],
    ['a refusal', '429', '-', false],
  ])('counts %s: %s, %s: %s', (_what, status, integrationError, counts) => {
    const $ = { status, integrationError };
    expect(runInNewContext(conditionOf(patterns[0] ?? ''), { $ })).toBe(counts);
  });
});
