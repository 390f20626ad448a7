import getPort from 'get-port';
import { ChildProgram } from '../../../local/child-program.ts';
import type { Resource } from '../synth.ts';

const START_MS = 60_000;
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const ASSETS = `cdk-hnb659fds-assets-${ACCOUNT}-${REGION}`;

interface DeployedTemplate {
  Resources: Record<string, Resource>;
  Outputs: Record<string, unknown>;
}

/** What CloudFormation of moto 5.2 cannot make: it has no model of the type, or one that others cannot refer to. */
const WITHOUT_MODEL = ['AWS::ApiGatewayV2::', 'AWS::Lambda::Permission', 'AWS::Lambda::EventInvokeConfig'];

/** A `moto_server` in a process of its own. */
export class MotoServer {
  readonly url: string;
  private readonly program: ChildProgram;

  private constructor(url: string, program: ChildProgram) {
    this.url = url;
    this.program = program;
  }

  static async start(directory: string): Promise<MotoServer> {
    const port = await getPort({ host: '127.0.0.1' });
    const args = ['-H', '127.0.0.1', '-p', String(port)];
    const program = new ChildProgram('moto_server', args, { PATH: process.env.PATH }, directory);
    const server = new MotoServer(`http://127.0.0.1:${port}`, program);
    try {
      await program.untilPrinted(/Running on/, START_MS);
      return server;
    } catch (thrown) {
      await server.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }

  /**
   * Creates a stack of what moto can make of the template. Gives the physical ids by logical ones, and the types of which
   * there is none.
   */
  async deploy(template: DeployedTemplate): Promise<{ ids: Record<string, string>; lacking: string[] }> {
    await this.bootstrap(template);
    const body = JSON.stringify(withoutLacking(template));
    await this.cloudFormation('CreateStack', { TemplateBody: body });
    const listed = await this.cloudFormation('ListStackResources');
    const fieldOf = (member: string, name: string) => new RegExp(`<${name}>([^<]*)`).exec(member)?.[1] ?? '';
    const ids = Object.fromEntries(
      [...listed.matchAll(/<member>([\s\S]*?)<\/member>/g)].map(([, member = '']) => [
        fieldOf(member, 'LogicalResourceId'),
        fieldOf(member, 'PhysicalResourceId'),
      ]),
    );
    const lacking = Object.entries(template.Resources).filter(([id]) => !(id in ids));
    return { ids, lacking: [...new Set(lacking.map(([, { Type }]) => Type))].sort() };
  }

  /** What `cdk bootstrap` and the upload of assets leave; moto runs no function, so that any bytes do. */
  private async bootstrap({ Resources }: DeployedTemplate): Promise<void> {
    await this.send('s3', 'PUT', `/${ASSETS}`);
    for (const { Type, Properties } of Object.values(Resources)) {
      const { S3Key } = (Properties?.Code ?? {}) as { S3Key?: string };
      if (Type === 'AWS::Lambda::Function') await this.send('s3', 'PUT', `/${ASSETS}/${S3Key}`, 'code');
    }
    await this.send(
      'ssm',
      'POST',
      '/',
      JSON.stringify({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '28', Type: 'String' }),
      { 'x-amz-target': 'AmazonSSM.PutParameter', 'content-type': 'application/x-amz-json-1.1' },
    );
  }

  private cloudFormation(Action: string, parameters: Record<string, string> = {}): Promise<string> {
    const form = new URLSearchParams({ Version: '2010-05-15', StackName: 'SessionManager', Action, ...parameters });
    return this.send('cloudformation', 'POST', '/', form.toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
  }

  private async send(
    service: string,
    method: string,
    resource: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
    // moto finds the service by the scope of the signature, which it does not check.
    const scope = `Credential=local/20260101/${REGION}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`;
    const response = await fetch(`${this.url}${resource}`, { method, body, headers: { authorization, ...headers } });
    const text = await response.text();
    if (!response.ok) throw new Error(`moto answers ${response.status} to ${service}: ${text.slice(0, 500)}`);
    return text;
  }
}

/** moto has no ARN of a file system, and no name of an access point. */
function withoutLacking(template: DeployedTemplate): DeployedTemplate {
  const fileSystem = { 'Fn::Join': ['', [`arn:aws:elasticfilesystem:${REGION}:${ACCOUNT}:file-system/one`]] };
  const text = JSON.stringify(template)
    .replaceAll('{"Fn::GetAtt":["WorkspaceFileSystem","Arn"]}', JSON.stringify(fileSystem))
    .replaceAll('{"Ref":"WorkspaceAccessPoint"}', '"fsap-functions"');
  const { Resources, Outputs, ...rest } = JSON.parse(text) as DeployedTemplate;
  const kept = Object.entries(Resources).filter(([, { Type }]) => !WITHOUT_MODEL.some((type) => Type.startsWith(type)));
  const outputs = Object.entries(Outputs).filter(([name]) => name !== 'ApiUrl');
  return { ...rest, Resources: Object.fromEntries(kept), Outputs: Object.fromEntries(outputs) };
}
