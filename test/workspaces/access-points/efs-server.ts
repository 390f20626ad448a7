import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AccessPointDescription, CreateAccessPointRequest, EFSClientConfig } from '@aws-sdk/client-efs';

type Action = 'CreateAccessPoint' | 'DescribeAccessPoints' | 'DeleteAccessPoint';

/** Instead of an answer: an error of EFS, or `lost`: it is done and the connection breaks before the answer. */
type Fault = { status: number; code: string } | 'lost';

interface Rule {
  action: Action;
  times: number;
  fault: Fault;
}

const PATH = '/2015-02-01/access-points';
const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const ROOT_DIRECTORY = /^(\/|(\/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4})$/;
const REGION = 'us-east-1';

export const FILE_SYSTEM = 'fs-0123456789abcdef0';

/** The EFS API's access points, in memory behind HTTP: REST-JSON as in 2015-02-01, as strict as the service. */
export class EfsServer {
  readonly points = new Map<string, AccessPointDescription>();
  /** Each request that came, refused ones included. */
  readonly asked: { action: Action; body: Partial<CreateAccessPointRequest>; accessPointId?: string }[] = [];
  /** How many times an access point is seen as `creating` before it is `available`. */
  looksUntilAvailable = 0;
  /** What access points become after those looks. */
  becomes: 'available' | 'error' = 'available';
  pageSize = 100;
  quota = 10_000;
  /** As with a permission that goes by tags: what is gone is not to be deleted by anybody. */
  refusesToDeleteWhatIsGone = false;
  /** While a new access point is there, and nobody has been told of it yet. */
  onCreated: (point: AccessPointDescription) => Promise<void> = async () => {};
  private readonly tokens = new Map<string, string>();
  private readonly looks = new Map<string, number>();
  private rules: Rule[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));

  static async start(): Promise<EfsServer> {
    const efs = new EfsServer();
    efs.server.listen(0, '127.0.0.1');
    await once(efs.server, 'listening');
    return efs;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As in `lib/composition/api-functions.ts`, at this server. */
  get settings(): EFSClientConfig {
    return {
      endpoint: this.url,
      region: REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 4,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    };
  }

  /** The next `times` requests for the action go wrong. */
  fail(action: Action, times: number, fault: Fault): void {
    this.rules.push({ action, times, fault });
  }

  /** Nothing goes wrong any more. */
  mend(): void {
    this.rules = [];
  }

  reset(): void {
    this.mend();
    this.points.clear();
    this.tokens.clear();
    this.looks.clear();
    this.asked.length = 0;
    Object.assign(this, { looksUntilAvailable: 0, becomes: 'available', pageSize: 100, quota: 10_000 });
    this.refusesToDeleteWhatIsGone = false;
    this.onCreated = async () => {};
  }

  count(action: Action): number {
    return this.asked.filter((asked) => asked.action === action).length;
  }

  /** One that is there without anybody having asked for it. */
  put(own: Partial<AccessPointDescription>): string {
    const AccessPointId = `fsap-${randomBytes(8).toString('hex')}`;
    this.points.set(AccessPointId, {
      AccessPointId,
      AccessPointArn: `arn:aws:elasticfilesystem:${REGION}:123456789012:access-point/${AccessPointId}`,
      FileSystemId: FILE_SYSTEM,
      LifeCycleState: 'available',
      ...own,
    });
    return AccessPointId;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://efs');
    const body = JSON.parse((await text(request)) || '{}') as CreateAccessPointRequest;
    const accessPointId = url.pathname.slice(PATH.length + 1) || url.searchParams.get('AccessPointId') || undefined;
    const action = ({ POST: 'CreateAccessPoint', GET: 'DescribeAccessPoints', DELETE: 'DeleteAccessPoint' } as const)[
      request.method as 'POST'
    ];
    this.asked.push({ action, body, ...(accessPointId && { accessPointId }) });
    const rule = this.rules.find((candidate) => candidate.action === action && candidate.times-- > 0);
    if (rule && rule.fault !== 'lost') return answer(response, rule.fault.status, problem(rule.fault.code));
    const [status, result] = await {
      CreateAccessPoint: () => this.create(body),
      DescribeAccessPoints: async () => this.describe(accessPointId, url.searchParams),
      DeleteAccessPoint: async () => this.delete(accessPointId ?? ''),
    }[action]();
    if (rule) return void request.socket.destroy();
    answer(response, status, result);
  }

  private async create(wanted: CreateAccessPointRequest): Promise<[number, object]> {
    const { ClientToken = '', FileSystemId, RootDirectory, Tags = [] } = wanted;
    if (FileSystemId !== FILE_SYSTEM) return [404, problem('FileSystemNotFound')];
    const path = RootDirectory?.Path ?? '/';
    const tags = Tags.map(({ Key = '', Value = '' }) => TAG_KEY.test(Key) && TAG_VALUE.test(Value));
    if (!/^[\x20-\x7e]{1,64}$/.test(ClientToken) || tags.includes(false)) return [400, problem('BadRequest')];
    if (path.length > 100 || !ROOT_DIRECTORY.test(path)) return [400, problem('BadRequest')];
    const existing = this.tokens.get(ClientToken);
    if (existing !== undefined) return [409, { ...problem('AccessPointAlreadyExists'), AccessPointId: existing }];
    if (this.points.size >= this.quota) return [403, problem('AccessPointLimitExceeded')];
    const id = this.put({ ...wanted, LifeCycleState: 'creating' });
    this.tokens.set(ClientToken, id);
    const point = this.points.get(id) as AccessPointDescription;
    const told = { ...point };
    await this.onCreated(point);
    return [200, told];
  }

  private describe(id: string | undefined, query: URLSearchParams): [number, object] {
    if (id !== undefined) {
      const point = this.points.get(id);
      return point ? [200, { AccessPoints: [this.looked(point)] }] : [404, problem('AccessPointNotFound')];
    }
    if (query.get('FileSystemId') !== FILE_SYSTEM) return [404, problem('FileSystemNotFound')];
    const ids = [...this.points.keys()].sort();
    const page = ids.filter((other) => other > (query.get('NextToken') ?? '')).slice(0, this.pageSize);
    const last = page.at(-1);
    const NextToken = last !== undefined && last !== ids.at(-1) ? last : undefined;
    return [200, { AccessPoints: page.map((other) => this.points.get(other)), NextToken }];
  }

  private looked(point: AccessPointDescription): AccessPointDescription {
    const id = point.AccessPointId as string;
    const looks = (this.looks.get(id) ?? 0) + 1;
    this.looks.set(id, looks);
    if (point.LifeCycleState === 'creating' && looks > this.looksUntilAvailable) point.LifeCycleState = this.becomes;
    return point;
  }

  /** Its token stays taken, as it does for a while in the service. */
  private delete(id: string): [number, object] {
    if (this.points.delete(id)) return [204, {}];
    return this.refusesToDeleteWhatIsGone
      ? [403, problem('AccessDeniedException')]
      : [404, problem('AccessPointNotFound')];
  }
}

const problem = (code: string) => ({ ErrorCode: code, Message: `${code}, says EFS` });

function answer(response: ServerResponse, status: number, body: object): void {
  const { ErrorCode } = body as { ErrorCode?: string };
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(ErrorCode && { 'x-amzn-errortype': ErrorCode }),
  });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}
