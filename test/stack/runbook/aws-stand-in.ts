import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DescribeTableCommand,
  PutItemCommand,
  ScanCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createTable } from '../../../local/create-table.ts';

export type Options = Readonly<Record<string, string>>;
type Item = Record<string, AttributeValue>;
type Schedule = Record<string, unknown> & { Name: string; GroupName: string; State: string; Target: { Arn: string } };

interface AwsProps {
  client: DynamoDBClient;
  /** Where the commands run. */
  directory: string;
  /** Invokes a function with a payload. */
  invoke: (functionName: string, payload: unknown) => Promise<unknown>;
}

/** As `aws` reads its arguments: what is no option, and the options with their values. */
export function readArguments(args: readonly string[]): { words: string[]; options: Options } {
  const words: string[] = [];
  const options: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [argument = '', value = ''] = args.slice(at);
    if (!argument.startsWith('--')) words.push(argument);
    else if (args[at + 1] === undefined || value.startsWith('--')) options[argument.slice(2)] = '';
    else {
      options[argument.slice(2)] = value;
      at++;
    }
  }
  return { words, options };
}

/**
 * Stands for the `aws` of the runbook: it knows groups of schedules, tables that are restored for a while, and refuses what
 * CloudFormation refuses of an import. Its tables are DynamoDB Local's.
 */
export class AwsStandIn {
  readonly schedules: Schedule[];
  /** `service command`, in order. */
  readonly calls: string[] = [];
  readonly changeSets: { template: ImportedTemplate; imported: unknown }[] = [];
  restoreJob: Record<string, unknown> | undefined;
  /** What the table had at the point in time. */
  backup: Item[] = [];
  private readonly props: AwsProps;
  private polls = 0;

  constructor(props: AwsProps, schedules: Schedule[]) {
    this.props = props;
    this.schedules = schedules;
  }

  /** What the command prints. Throws where it would fail. */
  async run(args: readonly string[]): Promise<unknown> {
    const { words, options } = readArguments(args);
    const command = words.slice(0, 2).join(' ');
    this.calls.push(command);
    const answer = this.commands[command];
    if (!answer) throw new Error(`aws ${command}: the stand-in does not know it`);
    return answer(options, words[2] ?? '');
  }

  scanned = async (TableName: string): Promise<Item[]> =>
    (await this.props.client.send(new ScanCommand({ TableName }))).Items ?? [];

  private readonly commands: Readonly<Record<string, (options: Options, file: string) => unknown>> = {
    'scheduler list-schedules': () => ({ Schedules: this.schedules }),
    'scheduler get-schedule': ({ name, 'group-name': group = 'default' }) => this.scheduleOf(group, name),
    'scheduler update-schedule': ({ 'cli-input-json': json = '' }) => {
      const wanted = JSON.parse(json) as Schedule;
      Object.assign(this.scheduleOf(wanted.GroupName, wanted.Name), wanted);
      return { ScheduleArn: `arn:aws:scheduler:eu-west-1:123456789012:schedule/${wanted.GroupName}/${wanted.Name}` };
    },
    'dynamodb restore-table-to-point-in-time': async ({ 'target-table-name': target = '' }) => {
      await createTable(this.props.client, target);
      for (const Item of this.backup) await this.props.client.send(new PutItemCommand({ TableName: target, Item }));
      return {};
    },
    'dynamodb describe-table': async ({ 'table-name': TableName }) => {
      await this.props.client.send(new DescribeTableCommand({ TableName }));
      return { Table: { TableStatus: ++this.polls < 3 ? 'CREATING' : 'ACTIVE' } };
    },
    'dynamodb scan': async ({ 'table-name': table = '' }) => ({ Items: await this.scanned(table) }),
    'dynamodb put-item': async ({ 'table-name': TableName, item = '', 'condition-expression': condition }) => {
      const Item = JSON.parse(item) as Item;
      await this.props.client.send(new PutItemCommand({ TableName, Item, ConditionExpression: condition }));
    },
    'lambda invoke': async ({ 'function-name': name = '', payload = '' }, file) => {
      const answer = await this.props.invoke(name, JSON.parse(payload));
      await writeFile(path.join(this.props.directory, file), JSON.stringify(answer));
      return { StatusCode: 200 };
    },
    'efs describe-file-systems': ({ 'file-system-id': id }) => ({
      FileSystems: [{ FileSystemArn: `arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/${id}` }],
    }),
    'efs create-access-point': (options) => {
      for (const name of ['file-system-id', 'client-token', 'posix-user', 'root-directory']) {
        if (!options[name]) throw new Error(`${name} is missing`);
      }
      return { AccessPointId: 'fsap-restore' };
    },
    'efs delete-access-point': () => undefined,
    'backup list-recovery-points-by-resource': ({ 'resource-arn': arn = '' }) => ({
      RecoveryPoints: arn.startsWith('arn:')
        ? [
            { Status: 'COMPLETED', CreationDate: '2026-11-19', RecoveryPointArn: 'arn:point-1' },
            { Status: 'EXPIRED', CreationDate: '2026-10-01', RecoveryPointArn: 'arn:point-0' },
          ]
        : [],
    }),
    'backup start-restore-job': ({ metadata = '', ...options }) => {
      this.polls = 0;
      this.restoreJob = { ...options, metadata: JSON.parse(metadata) as unknown };
      return { RestoreJobId: 'job-1' };
    },
    'backup describe-restore-job': () => ({ Status: ++this.polls < 3 ? 'RUNNING' : 'COMPLETED' }),
    'kms rotate-key-on-demand': ({ 'key-id': KeyId }) => ({ KeyId }),
    'cloudformation create-change-set': async ({
      'template-body': file = '',
      'resources-to-import': imported = '',
    }) => {
      const text = await readFile(path.join(this.props.directory, file.replace('file://', '')), 'utf8');
      const template = JSON.parse(text) as ImportedTemplate;
      refuseImport(template);
      this.changeSets.push({ template, imported: JSON.parse(imported) });
      return { Id: 'import' };
    },
    'cloudformation wait': () => undefined,
    'cloudformation execute-change-set': () => undefined,
  };

  private scheduleOf(group: string, name: string | undefined): Schedule {
    const found = this.schedules.find(({ GroupName, Name }) => GroupName === group && Name === name);
    if (!found) throw new Error(`ResourceNotFoundException: Schedule ${name} does not exist in the group ${group}.`);
    return found;
  }
}

export interface ImportedTemplate {
  Resources: Record<string, { Type: string; DeletionPolicy?: string; Properties: object }>;
}

/** What CloudFormation says of a template to import: all that it refers to is in it, and each resource says when it goes. */
function refuseImport({ Resources }: ImportedTemplate): void {
  const names = [...JSON.stringify(Resources).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/g)].map(
    ([, name = '']) => name,
  );
  const unresolved = names.filter((name) => !name.startsWith('AWS::') && !(name in Resources));
  if (unresolved.length > 0) throw new Error(`Unresolved resource dependencies [${unresolved.join()}]`);
  for (const [id, { DeletionPolicy }] of Object.entries(Resources)) {
    if (DeletionPolicy === undefined) throw new Error(`${id} has no DeletionPolicy`);
  }
}
