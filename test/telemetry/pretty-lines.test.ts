import { beforeEach, describe, expect, test } from '@jest/globals';
import { LogLines } from '../../lib/telemetry/log-lines.ts';
import { PrettyLines } from '../../lib/telemetry/pretty-lines.ts';

const NOON = new Date(2026, 10, 22, 12, 0, 5);

describe('the log at a terminal', () => {
  let stdout: string;
  let stderr: string;
  let log: LogLines;
  const logAt = (level: string) => {
    const outputs = {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
    };
    return new LogLines(new PrettyLines(level, outputs, () => NOON));
  };
  beforeEach(() => {
    [stdout, stderr] = ['', ''];
    log = logAt('INFO');
  });

  const event = {
    event: 'session.created',
    operation: 'createSession',
    result: 'success' as const,
    actor: { kind: 'user' as const, userId: 'ada', orgId: 'acme' },
    requestId: 'r',
    sourceIp: '127.0.0.1',
    userId: 'ada',
    orgId: 'acme',
    sessionId: 's1',
    durationMs: 12,
  };

  test('says of an audit event when, what, who, on what and how long', async () => {
    await log.audit.log(event);
    const refused = {
      ...event,
      event: 'session.create-refused',
      result: 'refused' as const,
      code: 'MAX_SESSIONS_REACHED' as const,
    };
    await log.audit.log({ ...refused, actor: { kind: 'admin', userId: 'olga', orgId: 'acme' } });
    expect(stdout).toBe(
      '12:00:05  session.created  ada@acme  sessionId=s1  12 ms\n' +
        '12:00:05  session.create-refused  olga@acme (admin)  of ada@acme  sessionId=s1  refused MAX_SESSIONS_REACHED  12 ms\n',
    );
  });

  test('says of a failure what it was, and where', () => {
    log.operationFailed('getSession', new TypeError('no table'));
    const [line, call] = stderr.split('\n');
    expect(line).toBe('12:00:05  ERROR  operation_failed  operation=getSession  TypeError: no table');
    expect(call).toMatch(/^ {4}at .*pretty-lines\.test\.ts/);
    expect(stdout).toBe('');
  });

  test('has nothing in it that a terminal obeys, or that looks like another line', async () => {
    await log.audit.log({ ...event, sessionId: '\u001b[2Jx\n12:00:05  session.ended\u202e' });
    expect(stdout).toContain('sessionId=\\u{1b}[2Jx\\u{a}12:00:05  session.ended\\u{202e}');
    expect(stdout.split('\n')).toHaveLength(2);
  });

  test.each([
    ['WARN', false, true],
    ['ERROR', false, false],
    ['SILENT', false, false],
  ])('has the lines of its level: %s', async (level, hasInfo, hasWarning) => {
    const quiet = logAt(level);
    await quiet.audit.log(event);
    quiet.metricNotSent(new Error('x'));
    expect([stdout !== '', stderr !== '']).toEqual([hasInfo, hasWarning]);
    expect(quiet.isAuditWritten).toBe(hasInfo);
  });
});
