import { types } from 'node:util';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'];
/** What a terminal obeys or hides, and what would begin another line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

type Fields = Record<string, unknown>;

interface Output {
  write(text: string): unknown;
}

/** Lines for people at a terminal: time, event, who, what, how long. */
export class PrettyLines {
  private readonly level: string;
  private readonly outputs: { stdout: Output; stderr: Output };
  private readonly now: () => Date;

  constructor(
    level: string,
    outputs: { stdout: Output; stderr: Output } = process,
    now: () => Date = () => new Date(),
  ) {
    this.level = level;
    this.outputs = outputs;
    this.now = now;
  }

  getLevelName = (): string => this.level;

  info = (message: string, fields: Fields): void => this.write('INFO', this.outputs.stdout, message, fields);

  warn = (message: string, fields: Fields): void => this.write('WARN', this.outputs.stderr, message, fields);

  error = (message: string, fields: Fields): void => this.write('ERROR', this.outputs.stderr, message, fields);

  private write(level: string, output: Output, message: string, fields: Fields): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return;
    const time = this.now().toTimeString().slice(0, 8);
    const shown = level === 'INFO' ? [] : [level];
    output.write(`${[time, ...shown, ...partsOf(message, fields)].join('  ')}\n${stackOf(level, fields)}`);
  }
}

/** Fields that have a place of their own in the line. */
const SAID = ['event', 'actor', 'result', 'code', 'durationMs', 'error'];
/** An audit event's fields that only machines need are left out too. */
const FOR_MACHINES = [...SAID, 'operation', 'requestId', 'sourceIp', 'userId', 'orgId'];

function partsOf(message: string, fields: Fields): string[] {
  const { event, actor, result, code, durationMs, error, userId, orgId } = fields;
  const isAudit = event !== undefined;
  const who = isAudit ? whoIs(actor as Fields | undefined) : '';
  const owner = `${plain(userId)}@${plain(orgId)}`;
  const hidden = isAudit ? FOR_MACHINES : SAID;
  const what = Object.entries(fields).filter(([name]) => !hidden.includes(name));
  return [
    plain(event ?? message),
    who,
    isAudit && userId !== undefined && orgId !== undefined && !who.startsWith(owner) ? `of ${owner}` : '',
    ...what.map(([name, value]) => `${name}=${plain(value)}`),
    result === undefined || result === 'success' ? '' : `${plain(result)} ${plain(code)}`,
    types.isNativeError(error) ? plain(`${error.name}: ${error.message}`) : '',
    durationMs === undefined ? '' : `${plain(durationMs)} ms`,
  ].filter((part) => part !== '');
}

function whoIs({ kind, userId, orgId }: Fields = {}): string {
  if (userId === undefined) return plain(kind);
  return `${plain(userId)}@${plain(orgId)}${kind === 'user' ? '' : ` (${plain(kind)})`}`;
}

function stackOf(level: string, { error }: Fields): string {
  if (level !== 'ERROR' || !types.isNativeError(error)) return '';
  const calls = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return calls.map((line) => `    ${plain(line.trim())}\n`).join('');
}

function plain(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : `${value as string}`;
  return text.replaceAll(UNSEEN, (unseen) => `\\u{${(unseen.codePointAt(0) as number).toString(16)}}`);
}
