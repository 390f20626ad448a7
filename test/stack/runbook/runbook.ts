import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lambdaHandler } from '../../../lib/api/lambda-handler.ts';
import { lambdaContext } from '../../api/lambda-events.ts';
import { blocksOf, readDocument } from '../../documents/markdown.ts';
import { Terminal } from '../../documents/terminal.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { resourcesOf, synthTemplate } from '../synth.ts';
import { AwsStandIn, readArguments } from './aws-stand-in.ts';
import { StandInServer } from './stand-in-server.ts';

const CLEANUP = 'SessionManager-Cleanup';
const SESSION = /^SESSION#/;

/** As the template has them: the cleanup's in a group of its own, the others in `default`. */
function schedulesOfTemplate() {
  const schedules = Object.entries(resourcesOf(synthTemplate())).filter(([, { Type }]) => Type.endsWith('::Schedule'));
  return schedules.map(([Name, { Properties }]) => {
    const { GroupName, ScheduleExpression, FlexibleTimeWindow, Target, Description } = Properties as unknown as {
      [name: string]: unknown;
      GroupName?: { Ref: string };
      Target: { Arn: { 'Fn::GetAtt': [string, string] } };
    };
    const isCleanup = Target.Arn['Fn::GetAtt'][0].startsWith('Cleanup');
    const functionName = isCleanup ? CLEANUP : 'SessionManager-Other';
    const Arn = `arn:aws:lambda:eu-west-1:123456789012:function:${functionName}`;
    const shared = { ScheduleExpression, FlexibleTimeWindow, Description, State: 'ENABLED' };
    return { ...shared, Name, GroupName: GroupName?.Ref ?? 'default', Target: { ...Target, Arn } };
  });
}

describe('the commands of the runbook', () => {
  const blocks = blocksOf(readDocument('docs/runbook.md')).filter(({ language }) => language === 'sh');
  let stack: TestStack;
  let directory: string;
  let server: StandInServer;
  let terminal: Terminal;
  let aws: AwsStandIn;
  let sessionId: string;
  const cdk: string[][] = [];
  /** Which schedules were on when a function was invoked, by the operation. */
  const onDuring: [string, string[]][] = [];
  const ran: string[] = [];

  const isOn = () => aws.schedules.filter(({ State }) => State === 'ENABLED').map(({ Name }) => Name);
  async function invoke(functionName: string, payload: unknown): Promise<unknown> {
    if (functionName !== CLEANUP) return { from: 'aws-backup-restore_1', ...(payload as object) };
    onDuring.push([(payload as { operation: string }).operation, isOn()]);
    return lambdaHandler('cleanup', () => stack)(payload, lambdaContext(900_000));
  }
  /** `npx cdk …` */
  async function runCdk([, ...args]: string[]): Promise<undefined> {
    const { words, options } = readArguments(args);
    cdk.push(words);
    if (words[0] === 'synth') {
      await mkdir(path.join(directory, 'cdk.out'), { recursive: true });
      const text = JSON.stringify(synthTemplate().toJSON());
      await writeFile(path.join(directory, 'cdk.out/SessionManager.template.json'), text);
    }
    const outputs = { WorkspaceRestorer: { RestorerFunctionName: 'restorer' } };
    if (options['outputs-file'])
      await writeFile(path.join(directory, options['outputs-file']), JSON.stringify(outputs));
  }
  /** Runs the blocks that have this in them, and must find some. */
  async function run(part: string | RegExp): Promise<string> {
    const found = blocks.filter(({ text }) => (typeof part === 'string' ? text.includes(part) : part.test(text)));
    expect([part, found.length > 0]).toEqual([part, true]);
    let printed = '';
    for (const { text } of found) {
      const outcome = await terminal.run(text.replace('http://127.0.0.1:3000', server.url));
      expect([text, outcome.printed, outcome.exitCode]).toEqual([
        text,
        expect.not.stringMatching(/Error|Exception/),
        0,
      ]);
      ran.push(text);
      printed += outcome.printed;
    }
    return printed;
  }

  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '10' });
    directory = await mkdtemp(path.join(tmpdir(), 'runbook-'));
    await mkdir(path.join(directory, '.local'));
    aws = new AwsStandIn({ client: stack.client, directory, invoke }, schedulesOfTemplate());
    server = await StandInServer.start(directory, stack, { aws: (args) => aws.run(args), npx: runCdk });
    terminal = new Terminal(directory, { PATH: `${server.bin}:${process.env.PATH}`, STAND_IN: server.url });
    ({ id: sessionId } = await stack.manager.createSession('ada', 'acme'));
    const variables = { CLEANUP, TABLE: stack.config.tableName, FILE_SYSTEM: 'fs-1', SECRETS_KEY_ID: 'key-1' };
    const restore = { ACCOUNT: '123456789012', RECOVERY_POINT: 'arn:point-1', WORKSPACE: `ada/${sessionId}` };
    const set = Object.entries({ ...variables, ...restore }).map(([name, value]) => `${name}='${value}'`);
    await terminal.run(`sleep() { :; }\nset -o pipefail\n${set.join('\n')}\n`);
    await run('operator() {');
  });
  afterAll(async () => {
    await terminal?.close();
    server?.stop();
    await stack?.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('that work at the API do', async () => {
    expect(await run('$API_URL/cleanup')).toContain('"cleaned":[]');
    expect(await run('$API_URL/limits')).toContain('"limit":');
    expect(await run('$API_URL/reconcile')).toContain('"drift"');
    await run(/^aws lambda invoke/);
    await run('rotate-key-on-demand');
    expect(await stack.manager.session(sessionId).getSystemPrompt()).toBeDefined();
  });

  // It looked for the cleanup's schedule in the default group, went on without it, and the cleanup ended what came back.
  test('that restore the table stop both schedules of the cleanup first, bring a session back, and start them', async () => {
    const all = isOn();
    aws.backup = await aws.scanned(stack.config.tableName);
    await stack.manager.cleanupSession(sessionId);
    expect((await run('schedules DISABLED')).match(/ScheduleArn/g)).toHaveLength(2);
    const others = isOn();
    expect(all.filter((name) => !others.includes(name))).toEqual([
      expect.stringMatching(/^SchedulesCleanup/),
      expect.stringMatching(/^SchedulesReconcile/),
    ]);
    await run('restore-table-to-point-in-time');
    expect(onDuring.at(-1)).toEqual(['reconcile', others]);
    const items = await aws.scanned(stack.config.tableName);
    expect(items.filter(({ pk }) => SESSION.test(pk?.S ?? '')).length).toBeGreaterThan(0);
    expect(await stack.manager.countAllSessions()).toBe(1);
    const answer = await readFile(path.join(directory, 'answer.json'), 'utf8');
    expect(answer).toContain('"ok":true');
    await run('schedules ENABLED');
    expect(isOn()).toEqual(all);
  });

  // What AWS Backup restored lay where no access point led.
  test('that restore a workspace restore it alone, copy it to its place, and take away what they took', async () => {
    expect(await run('list-recovery-points')).toBe('2026-11-19 arn:point-1\n');
    await run('start-restore-job');
    expect(aws.restoreJob).toMatchObject({
      'recovery-point-arn': 'arn:point-1',
      'resource-type': 'EFS',
      metadata: {
        'file-system-id': 'fs-1',
        newFileSystem: 'false',
        ItemsToRestore: JSON.stringify([`/workspaces/ada/${sessionId}`]),
      },
    });
    await run('efs create-access-point');
    const restored = JSON.parse(await readFile(path.join(directory, 'restored.json'), 'utf8')) as object;
    expect(restored).toEqual({ from: 'aws-backup-restore_1', workspace: `ada/${sessionId}` });
    expect(cdk.slice(-2).map(([command, name]) => [command, name])).toEqual([
      ['deploy', 'WorkspaceRestorer'],
      ['destroy', 'WorkspaceRestorer'],
    ]);
    expect(aws.calls.at(-1)).toBe('efs delete-access-point');
  });

  test('that take up a retained table, file system and key import them whole, before anything is deployed', async () => {
    await run('--change-set-type IMPORT');
    const [{ template, imported }] = aws.changeSets as [(typeof aws.changeSets)[number]];
    const whole = resourcesOf(synthTemplate());
    for (const id of ['SessionTable', 'WorkspaceFileSystem'])
      expect(template.Resources[id]?.Properties).toEqual(whole[id]?.Properties);
    const logicalIds = Object.keys(template.Resources).sort();
    expect(logicalIds).toEqual(['SecretsKey', 'SessionTable', 'WorkspaceFileSystem']);
    expect((imported as { LogicalResourceId: string }[]).map((one) => one.LogicalResourceId).sort()).toEqual(
      logicalIds,
    );
    expect(cdk.at(-1)).toEqual(['deploy']);
  });

  test('have all been run', async () => {
    await run('dataRemoval=destroy');
    expect(blocks.filter(({ text }) => !ran.includes(text))).toEqual([]);
  });
});
