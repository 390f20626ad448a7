import { describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { operations } from '../../../lib/api/operations.ts';
import { routeKey, servedRoutes, type NamedRoute } from '../../../lib/api/routes.ts';
import { resourcesOf, synthTemplate, textOf } from '../synth.ts';

interface RouteProperties {
  RouteKey: string;
  AuthorizationType: string;
  AuthorizerId?: unknown;
  Target: unknown;
}

const JWT = { jwtIssuer: 'https://issuer.example/', jwtAudience: 'agents, services' };

const routesOf = (template: Template): RouteProperties[] =>
  Object.values(resourcesOf(template))
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties }) => Properties as unknown as RouteProperties);

/** Route keys by authorization type. */
function authorizationOf(template: Template): Record<string, string> {
  return Object.fromEntries(routesOf(template).map((route) => [route.RouteKey, route.AuthorizationType]));
}

const isOpen = ({ operation, path }: NamedRoute) =>
  operations[operation].access === 'anyone' || path.startsWith('/agent/');
const expected = (closed: string) =>
  Object.fromEntries(servedRoutes.map((route) => [routeKey(route), isOpen(route) ? 'NONE' : closed]));

describe('the HTTP API', () => {
  const template = synthTemplate();

  test('has the routes of routes.ts, each signed but the open ones and those of agents', () => {
    expect(authorizationOf(template)).toEqual(expected('AWS_IAM'));
    expect(Object.values(authorizationOf(template)).filter((type) => type === 'NONE')).toHaveLength(19);
  });

  test('checks tokens of the issuer where there is one', () => {
    const withIssuer = synthTemplate(JWT);
    expect(authorizationOf(withIssuer)).toEqual(expected('JWT'));
    for (const { AuthorizationType, AuthorizerId } of routesOf(withIssuer)) {
      expect(AuthorizerId !== undefined).toBe(AuthorizationType === 'JWT');
    }
    withIssuer.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: JWT.jwtIssuer, Audience: ['agents', 'services'] },
    });
  });

  test('sends each route to the function of its operation', () => {
    const integrations = resourcesOf(template);
    for (const { RouteKey, Target } of routesOf(template)) {
      const [, id] = (Target as { 'Fn::Join': [string, [string, { Ref: string }]] })['Fn::Join'][1];
      const { IntegrationUri, PayloadFormatVersion } = integrations[id.Ref]?.Properties as unknown as {
        IntegrationUri: unknown;
        PayloadFormatVersion: string;
      };
      const operation = servedRoutes.find((route) => routeKey(route) === RouteKey)
        ?.operation as keyof typeof operations;
      expect(textOf(IntegrationUri).toLowerCase()).toBe(`${operations[operation].function}function`);
      expect(PayloadFormatVersion).toBe('2.0');
    }
  });

  test('is throttled and logged, without identities', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
      AccessLogSettings: { Format: Match.stringLikeRegexp('context.routeKey') },
    });
    synthTemplate({ apiRateLimit: '7' }).hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 7 },
    });
  });

  test('throttles what has no authorizer by limits of its own, and not before the routes are there', () => {
    const stageOf = (context: Record<string, unknown>) =>
      Object.values(synthTemplate(context).findResources('AWS::ApiGatewayV2::Stage'))[0] as {
        Properties: { RouteSettings: Record<string, object> };
        DependsOn: string[];
      };
    const { Properties, DependsOn } = stageOf({});
    const open = servedRoutes.filter(isOpen).map(routeKey);
    const limits = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };
    expect(Properties.RouteSettings).toEqual(Object.fromEntries(open.map((key) => [key, limits])));
    const needed = Object.entries(template.findResources('AWS::ApiGatewayV2::Route'))
      .filter(([, route]) => open.includes((route.Properties as { RouteKey: string }).RouteKey))
      .map(([id]) => id);
    expect(needed).toHaveLength(open.length);
    expect(DependsOn).toEqual(expect.arrayContaining(needed));
    const { RouteSettings } = stageOf({ openRateLimit: '7', openBurstLimit: '9' }).Properties;
    expect(RouteSettings['GET /agent/session']).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
  });

  // Any other name is an entry of its own in a resource policy of the account, which has room for 5,120 characters.
  test('logs to a group whose name shares its entry in the account’s resource policy', () => {
    const [stage] = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Stage');
    const { DestinationArn } = stage?.Properties.AccessLogSettings as unknown as { DestinationArn: unknown };
    const group = Object.entries(resourcesOf(template)).find(
      ([id, { Type }]) => Type === 'AWS::Logs::LogGroup' && JSON.stringify(DestinationArn).includes(id),
    );
    expect(group?.[1].Properties.LogGroupName).toBe('/aws/vendedlogs/apis/SessionManager');
  });

  test('lets no other origin in, unless it is named', () => {
    template.allResourcesProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
    synthTemplate({ corsAllowOrigins: 'https://a.example,https://b.example' }).hasResourceProperties(
      'AWS::ApiGatewayV2::Api',
      { CorsConfiguration: Match.objectLike({ AllowOrigins: ['https://a.example', 'https://b.example'] }) },
    );
  });

  // A page that signs its requests was refused by the browser: it may not send these unless the API says so.
  test('lets pages of those origins send what a signed request has, and with tokens no identity', () => {
    const allowed = (context: Record<string, unknown>) => {
      const apis = Object.values(
        synthTemplate({ ...context, corsAllowOrigins: 'https://a.example' }).findResources('AWS::ApiGatewayV2::Api'),
      );
      const [{ Properties }] = apis as [{ Properties: { CorsConfiguration: { AllowHeaders: string[] } } }];
      return Properties.CorsConfiguration.AllowHeaders;
    };
    const signed = [
      ...['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'],
      ...['x-user-id', 'x-org-id', 'x-role'],
    ];
    expect(allowed({})).toEqual(expect.arrayContaining(signed));
    expect(allowed(JWT).filter((name) => signed.includes(name))).toEqual(['authorization']);
  });
});
