import { once } from 'node:events';
import { table } from 'table';
import { SessionManagerHttpClient } from '../api/client/http-client.ts';
import type { SenderSettings } from '../api/client/http-sender.ts';
import { clientOfAgent } from './agent-session.ts';
import { UsageError, type CliIo } from './cli-io.ts';
import { connectionOf, type Connection, type ConnectionOptions } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { failureLine, failureOf } from './failure.ts';
import { jsonLine, jsonText, visible, visibleLines } from './visible.ts';

/** What every command takes. */
export interface CommonOptions extends ConnectionOptions {
  json: boolean;
}

type Cell = string | number | undefined;

/** One run of the program: how its commands call the API and print. */
export class CliRun {
  readonly io: CliIo;
  private readonly asJson: boolean;
  private firstFailure: number = EXIT.done;

  private opened: Promise<Connection> | undefined;

  constructor(io: CliIo, asJson: boolean) {
    this.io = io;
    this.asJson = asJson;
  }

  get exitCode(): number {
    return this.firstFailure;
  }

  /** Whether people follow what takes long. */
  get showsProgress(): boolean {
    return this.io.stderr.isTTY === true && !this.asJson;
  }

  /** `secret`: what the command sends that others must not read, in addition to a token. */
  async connection(options: CommonOptions, secret?: string): Promise<Connection> {
    // Once in a run: a pipe that has the token can be read once.
    this.opened ??= connectionOf(options, this.io);
    const connection = await this.opened;
    const sent = connection.hasToken ? 'the token' : secret;
    if (sent !== undefined && connection.isReadable) {
      const { origin } = new URL(connection.url);
      const problem = `${origin} is not https, so the network in between can read ${sent}.`;
      if (!options.insecure) throw new UsageError(`${problem} Use https, or allow it with --insecure.`);
      this.warn('INSECURE', problem);
    }
    return connection;
  }

  async client(options: CommonOptions, secret?: string): Promise<SessionManagerHttpClient> {
    const { sessionToken, ...settings } = await this.connection(options, secret);
    return sessionToken === undefined ? new SessionManagerHttpClient(settings) : clientOfAgent(settings, sessionToken);
  }

  /** For what needs no caller: says of none. */
  async openClient(options: CommonOptions): Promise<SessionManagerHttpClient> {
    const { url, exchange, timeoutMs, signal } = await connectionOf(options, this.io);
    const settings: SenderSettings = { url, exchange, timeoutMs, signal };
    return new SessionManagerHttpClient(settings);
  }

  /** The result: JSON for programs, else what people read. */
  async tell(result: unknown, forPeople: () => string): Promise<void> {
    await this.write(this.asJson ? jsonText(result, 2) : visibleLines(forPeople()));
  }

  /** One of many results, as it comes: a line of JSON for programs. */
  async tellOne(result: unknown, forPeople: () => string): Promise<void> {
    await this.write(this.asJson ? jsonText(result) : visibleLines(forPeople()));
  }

  /** A result that is a text itself: as it is for whatever reads it, with nothing that a terminal obeys for people. */
  async tellText(result: unknown, text: string): Promise<void> {
    if (this.asJson || this.io.stdout.isTTY) await this.tell(result, () => text);
    else if (text !== '') await this.writeAll(text);
  }

  /** Hints for people, in addition to the result. */
  note(text: string): void {
    if (!this.asJson) this.io.stderr.write(`${visible(text)}\n`);
  }

  /** What people and programs should know, although it is no failure. */
  warn(code: string, detail: string): void {
    this.io.stderr.write(`${this.asJson ? jsonLine({ code, detail }) : visible(`Warning: ${detail}`)}\n`);
  }

  /** Goes on after it; the first failure decides the exit code. */
  fail(thrown: unknown, about?: string): void {
    const failure = failureOf(thrown);
    this.end(failure.exitCode);
    const line = failureLine(failure, this.asJson);
    this.io.stderr.write(`${about === undefined || this.asJson ? '' : `${visible(about)}: `}${line}\n`);
  }

  /** With this exit code, unless something failed before. */
  end(exitCode: number): void {
    if (this.firstFailure === EXIT.done) this.firstFailure = exitCode;
  }

  private async write(text: string): Promise<void> {
    if (text !== '') await this.writeAll(`${text}\n`);
  }

  private async writeAll(text: string): Promise<void> {
    if (!this.io.stdout.write(text)) await once(this.io.stdout, 'drain', { signal: this.io.signal });
  }
}

/** Columns under their names, without lines around them. */
export function columns(names: string[], rows: Cell[][]): string {
  const cells = [names, ...rows].map((row) => row.map((cell) => visible(String(cell ?? ''))));
  const text = table(cells, {
    border: { bodyJoin: '  ' },
    columnDefault: { paddingLeft: 0, paddingRight: 0 },
    drawHorizontalLine: () => false,
    drawVerticalLine: (index) => index > 0 && index < names.length,
  });
  return text.replaceAll(/ +$/gm, '').trimEnd();
}

/** Names with their values below each other. */
export function fields(values: Readonly<Record<string, Cell>>): string {
  const shown = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]): [string, string] => [visible(name), visible(String(value))]);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
