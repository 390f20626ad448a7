import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
  type CorsPreflightOptions,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ApiFunction } from '../lib/operations/operation.ts';
import { IDENTITY_HEADERS } from '../lib/api/identity-headers.ts';
import { operations } from '../lib/api/operations.ts';
import { routeKey, routes, servedRoutes } from '../lib/api/routes.ts';
import type { Route } from '../lib/operations/route.ts';
import { warnOfGroupNames } from './group-names.ts';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { newLogGroup } from './log-group.ts';
import type { StackConfig } from './stack-config.ts';

type FunctionsByName = Readonly<Record<ApiFunction, IFunction>>;

/** The HTTP API: each of `lib/api/routes.ts`, to the function of its operation. */
export class SessionHttpApi extends Construct {
  readonly api: HttpApi;
  readonly accessLog: ILogGroup;

  constructor(scope: Construct, id: string, config: StackConfig, functions: FunctionsByName) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      ...(config.corsAllowOrigins.length > 0 && { corsPreflight: corsFor(config) }),
    });
    this.accessLog = newLogGroup(this, 'AccessLogs', config, accessLogName(this));
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.apiRateLimit, burstLimit: config.apiBurstLimit },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    const throttle = { ThrottlingRateLimit: config.openRateLimit, ThrottlingBurstLimit: config.openBurstLimit };
    (stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
      routesWithoutAuthorizer.map((route) => [routeKey(route), throttle]),
    );
    warnOfGroupNames(this, config);
    this.addRoutes(authorizerFor(config), functions, stage);
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint }).overrideLogicalId('ApiUrl');
  }

  private addRoutes(authorizer: IHttpRouteAuthorizer, functions: FunctionsByName, stage: HttpStage): void {
    const integrations = new Map(
      // One permission for all routes of a function: its resource policy has room for 20 KB.
      Object.entries(functions).map(([name, fn]) => [
        name,
        new HttpLambdaIntegration(`${name}-integration`, fn, { scopePermissionToRoute: false }),
      ]),
    );
    for (const { method, path, operation, from } of servedRoutes) {
      const { function: name } = operations[operation];
      const added = this.api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration: integrations.get(name) as HttpLambdaIntegration,
        authorizer: from === 'caller' ? authorizer : new HttpNoneAuthorizer(),
      });
      if (from === 'caller') continue;
      for (const route of added) {
        Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason: WITHOUT_AUTHORIZER[from] });
        // The stage cannot throttle a route that is not there yet.
        stage.node.addDependency(route);
      }
    }
  }
}

/** Why these routes have no authorizer. */
const WITHOUT_AUTHORIZER = {
  open:
    'Open by contract: it answers with a constant (the API’s health or its description), reads no data and knows no ' +
    'caller. The stage throttles it by a limit of its own.',
  agent:
    'Its function authenticates: it takes a session token and nothing else that says who is calling. The gateway has no ' +
    'authorizer for these tokens without a function of its own. The stage throttles it by a limit of its own.',
};

/** Anybody may ask these routes, so that they have throttles of their own: what they take is not taken from callers. */
const routesWithoutAuthorizer = servedRoutes.filter(({ from }) => from !== 'caller');

/** A JWT of the configured issuer, else a signature by an IAM principal that may invoke the API. */
function authorizerFor({ jwtIssuer, jwtAudience }: StackConfig): IHttpRouteAuthorizer {
  return jwtIssuer === undefined
    ? new HttpIamAuthorizer()
    : new HttpJwtAuthorizer('jwt-authorizer', jwtIssuer, { jwtAudience });
}

/** Of a signature by temporary credentials, in addition to `authorization`, and of the caller for whom it signs. */
const SIGNED_HEADERS = ['x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256', ...IDENTITY_HEADERS];

const corsFor = ({ corsAllowOrigins, jwtIssuer }: StackConfig): CorsPreflightOptions => ({
  allowOrigins: corsAllowOrigins,
  allowMethods: [CorsHttpMethod.ANY],
  allowHeaders: [
    'authorization',
    'content-type',
    ...(jwtIssuer === undefined ? SIGNED_HEADERS : []),
    ...headersOfRoutes(({ headers }) => Object.values(headers ?? {})),
  ],
  exposeHeaders: [
    'location',
    'retry-after',
    'error-code',
    'request-id',
    ...headersOfRoutes(({ answerHeaders, fixedHeaders }) => Object.keys({ ...answerHeaders, ...fixedHeaders })),
  ],
  maxAge: Duration.hours(1),
});

const headersOfRoutes = (of: (route: Route) => string[]): string[] => [...new Set(routes.flatMap(of))].sort();

/**
 * API Gateway writes each log group into one resource policy of the account, which has room for 5,120 characters: where it is
 * full, no stage can log. Groups under this prefix share one entry of it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 */
const accessLogName = (scope: Construct): string => `/aws/vendedlogs/apis/${Stack.of(scope).stackName}`;

/** Neither identities nor addresses of files: a route's key has its parameters' names, and no query. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  routeKey: '$context.routeKey',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationMs: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
  authorizerError: '$context.authorizer.error',
  error: '$context.error.message',
};
