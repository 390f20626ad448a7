import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { JsonLines, type LogLevel } from '../../lib/audit/json-lines.ts';

describe('a line of the log', () => {
  let written: { stdout: string[]; stderr: string[] };

  beforeEach(() => {
    written = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr'] as const) {
      jest.spyOn(process[name], 'write').mockImplementation((line) => {
        written[name].push(String(line));
        return true;
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const read = (line = ''): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
  const lines = (level: LogLevel = 'INFO') => new JsonLines('sessions', level);

  test('says its level, message, time and service, and what it is given', () => {
    const env = { _X_AMZN_TRACE_ID: '' };
    const traced = new JsonLines('sessions', 'INFO', env);
    env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=1;Sampled=1';
    traced.info('swept', { removed: 3 });
    expect(written.stdout).toHaveLength(1);
    expect(written.stdout[0]?.endsWith('\n')).toBe(true);
    const { timestamp, ...rest } = read(written.stdout[0]);
    expect(new Date(timestamp as string).toISOString()).toBe(timestamp);
    expect(rest).toEqual({
      level: 'INFO',
      message: 'swept',
      service: 'sessions',
      xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793',
      removed: 3,
    });
  });

  test('is written from its level on, warnings and errors to stderr', () => {
    for (const level of ['DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT'] as const) {
      lines(level).info('i', {});
      lines(level).warn('w', {});
      lines(level).error('e', {});
    }
    expect(written.stdout.map((line) => read(line).message)).toEqual(['i', 'i']);
    expect(written.stderr.map((line) => read(line).message)).toEqual(['w', 'e', 'w', 'e', 'w', 'e', 'e']);
    expect(read(written.stdout[0])).not.toHaveProperty('xray_trace_id');
  });

  test('has all of an error, its cause and what it brings', () => {
    const cause = new RangeError('too far');
    lines().error('failed', { error: Object.assign(new TypeError('wrong', { cause }), { code: 'EWRONG', at: 7n }) });
    expect(read(written.stderr[0]).error).toMatchObject({
      name: 'TypeError',
      message: 'wrong',
      code: 'EWRONG',
      at: '7',
      stack: expect.stringContaining('json-lines.test.ts'),
      cause: { name: 'RangeError', message: 'too far' },
    });
  });

  test('is written of what contains itself', () => {
    const error = Object.assign(new Error('round'), { again: {} });
    error.again = { error };
    lines().error('failed', { error });
    expect(read(written.stderr[0])).toMatchObject({ message: 'failed', error: { message: 'round', again: {} } });
  });
});
