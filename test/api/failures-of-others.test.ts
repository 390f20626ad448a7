import { expect, jest, test } from '@jest/globals';
import { errorForCaller } from '../../lib/api/perform.ts';
import {
  ContentionError,
  McpConnectionError,
  SessionNotFoundError,
  type SessionManagerError,
} from '../../lib/errors.ts';
import { LogLines } from '../../lib/telemetry/log-lines.ts';

function linesOf(thrown: unknown): [string, string][] {
  const lines: [string, string][] = [];
  const line = (level: string) => (message: string) => void lines.push([level, message]);
  const logger = { getLevelName: () => 'INFO', info: line('INFO'), warn: line('WARN'), error: line('ERROR') };
  errorForCaller(new LogLines(logger), 'callMcpTool', thrown);
  return lines;
}

test.each<[string, SessionManagerError | Error, [string, string][]]>([
  [
    'an MCP server that fails is a warning',
    new McpConnectionError('is down', new Error('ECONNREFUSED')),
    [['WARN', 'dependency_failed']],
  ],
  ['a busy table is a failure of ours', new ContentionError(new Error('throttled')), [['ERROR', 'operation_failed']]],
  ['what nobody expected is a failure of ours', new TypeError('x is undefined'), [['ERROR', 'operation_failed']]],
  ['a refusal has no line', new SessionNotFoundError(), []],
])('%s', (_what, thrown, lines) => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  expect(linesOf(thrown)).toEqual(lines);
});
