import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { noDrift } from '../../../lib/telemetry/audit/drift.ts';
import { LogLines } from '../../../lib/telemetry/log-lines.ts';

// With `-c logLevel=ERROR` the Drift alarm was dead, with CRITICAL and SILENT that of failed operations too.
describe('a line that an alarm counts', () => {
  let lines: unknown[][];
  beforeEach(() => {
    lines = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
      const { message, level, error } = JSON.parse(String(line)) as Record<string, unknown>;
      return lines.push([message, level, (error as Error | undefined)?.message]) > 0;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const logged = (level: string) => (message: string) => void lines.push([message, `logger’s ${level}`]);
  function write(lambdaLogLevel?: string): unknown[][] {
    const [info, warn, error] = [logged('info'), logged('warn'), logged('error')];
    const log = new LogLines({ getLevelName: () => 'INFO', info, warn, error }, lambdaLogLevel);
    log.driftFound(noDrift(), 0);
    log.operationFailed('createSession', new Error('why'));
    return lines;
  }

  test.each(['TRACE', 'DEBUG', 'INFO', 'WARN', undefined])('is the logger’s where Lambda passes %s', (level) => {
    expect(write(level)).toEqual([
      ['drift_found', 'logger’s warn'],
      ['operation_failed', 'logger’s error'],
    ]);
  });

  test('has a level that passes where Lambda passes errors only', () => {
    expect(write('ERROR')).toEqual([
      ['drift_found', 'ERROR', undefined],
      ['operation_failed', 'logger’s error'],
    ]);
  });

  test('has a level that passes where Lambda passes what is fatal only', () => {
    expect(write('FATAL')).toEqual([
      ['drift_found', 'FATAL', undefined],
      ['operation_failed', 'FATAL', 'why'],
    ]);
  });
});
