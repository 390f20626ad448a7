import type { IConstruct } from 'constructs';
import * as z from 'zod';
import { ENV, EVENT_BUS_NAME, readConfig, type Config } from '../lib/configuration.ts';
import { contextFiles, isOfCdk } from './context-files.ts';
import { availabilityZonesSchema, problemOfSize, vpcCidrSchema } from './network-config.ts';

/** What functions read from their environment and a deployment may set. Left out, the functions' own defaults hold. */
const FUNCTION_SETTINGS = [
  'maxSessions',
  'maxSessionsPerOrg',
  'maxSessionsPerUser',
  'inactivitySeconds',
  'touchIntervalSeconds',
  'cleanupIntervalSeconds',
  'maxMcpClientsPerSession',
  'maxWorkspaceBytes',
  'jwtOrgClaim',
  'jwtRoleClaim',
  'jwtAdminRole',
  'jwtOperatorRole',
  'logLevel',
] as const satisfies (keyof typeof ENV)[];

export type FunctionSetting = (typeof FUNCTION_SETTINGS)[number];

const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** The longest period that an alarm can watch. */
const DAY_SECONDS = 86_400;

/** Context from the command line is text; from cdk.json it has types. */
const text = z.union([z.string(), z.number()]).transform(String);
const roleValue = text.pipe(z.string().min(1));
const wholeNumber = (min: number, max: number) => z.coerce.number<number | string>().int().min(min).max(max);
const yesOrNo = z.union([z.boolean(), z.stringbool()]);
const list = z
  .union([z.string().transform((joined) => joined.split(',').map((part) => part.trim())), z.array(z.string())])
  .pipe(z.array(z.string().min(1)));

const settings = Object.fromEntries(FUNCTION_SETTINGS.map((name) => [name, text.optional()])) as Record<
  FunctionSetting,
  z.ZodOptional<typeof text>
>;

const stackConfigSchema = z
  .strictObject({
    stackName: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/)
      .default('SessionManager'),
    ...settings,
    // The functions would take an empty one for one that is left out.
    jwtAdminRole: roleValue.optional(),
    jwtOperatorRole: roleValue.optional(),
    /** With an issuer, callers bring its tokens; without, they sign with IAM. */
    jwtIssuer: z.url({ protocol: /^https$/ }).optional(),
    jwtAudience: list.default([]),
    /** Requests a second to each route over all callers, and how many at once above that. */
    apiRateLimit: wholeNumber(1, 10_000).default(100),
    apiBurstLimit: wholeNumber(1, 5_000).default(200),
    /** The same for each route that has no authorizer of the gateway: those of agents, and the open ones. */
    openRateLimit: wholeNumber(1, 10_000).default(50),
    openBurstLimit: wholeNumber(1, 5_000).default(100),
    corsAllowOrigins: list.default([]),
    /** How many, or which. Neither they nor their order nor `vpcCidr` can be changed once the stack is there. */
    availabilityZones: availabilityZonesSchema.default(2),
    /** Choose another where the VPC is to be peered with one that has the same. */
    vpcCidr: vpcCidrSchema.default('10.215.0.0/24'),
    logRetentionDays: wholeNumber(1, 3653)
      .refine((days) => LOG_RETENTION_DAYS.includes(days), `must be one of ${LOG_RETENTION_DAYS.join(', ')}`)
      .default(30),
    /** What becomes of table and file system when the stack is deleted or renames them. */
    dataRemoval: z.enum(['retain', 'destroy']).default('retain'),
    /**
     * Whether the stack refuses to be deleted. Not by default: the CDK's command line turns it on before the first
     * deployment, and then cannot replace one that failed.
     */
    terminationProtection: yesOrNo.default(false),
    alarmTopicArn: z
      .string()
      .regex(/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/)
      .optional(),
    dashboard: yesOrNo.default(false),
    /** Where the events of sessions go: a bus of this account and region. */
    eventBusName: z.string().regex(EVENT_BUS_NAME).default('default'),
  })
  .refine(({ jwtIssuer, jwtAudience }) => (jwtIssuer === undefined) === (jwtAudience.length === 0), {
    path: ['jwtAudience'],
    message: 'belongs with jwtIssuer: both or neither',
  })
  .superRefine(({ vpcCidr, availabilityZones }, context) => {
    const message = problemOfSize(vpcCidr, availabilityZones);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['vpcCidr'], message });
  });

/** What may be configured, and nothing must be. As context has it: numbers and lists may be text. */
export type StackSettings = z.input<typeof stackConfigSchema>;

/** The stack's configuration, checked. `environment`: the functions' settings that are not left to their defaults. */
export type StackConfig = Omit<z.infer<typeof stackConfigSchema>, FunctionSetting> &
  Pick<Config, 'limits' | 'logLevel' | 'jwtRoleClaim' | 'jwtAdminRole' | 'jwtOperatorRole'> & {
    environment: Partial<Record<FunctionSetting, string>>;
    cleanupIntervalMinutes: number;
  };

export class StackConfigError extends Error {
  override readonly name = 'StackConfigError';
}

/**
 * Reads the construct's context. Keys with a `:` or a `/`, and some more, are the CDK's own. Any other unknown one is refused
 * where the command line or the app's code has it; in a file it may be meant for another app, and is warned of.
 */
export function readStackConfig(scope: IConstruct, files = contextFiles()): StackConfig {
  const context = Object.entries(scope.node.getAllContext() as Record<string, unknown>);
  const own = context.filter(([key, value]) => !isOfCdk(key) && value !== '');
  const isForeign = ([key, value]: [string, unknown]) => !(key in stackConfigSchema.shape) && files.has(key, value);
  for (const [key] of own.filter(isForeign)) {
    process.stderr.write(`The context of a file has ${key}, which is not of the session manager and is ignored.\n`);
  }
  return checked(Object.fromEntries(own.filter((entry) => !isForeign(entry))), 'Context');
}

/** For an app that says in its code what is configured. Throws a `StackConfigError` that names what is wrong. */
export const stackConfig = (settings: StackSettings = {}): StackConfig => checked(settings, 'The configuration');

function checked(values: object, what: string): StackConfig {
  const parsed = stackConfigSchema.safeParse(values);
  if (!parsed.success) throw new StackConfigError(`${what} is not valid.\n${z.prettifyError(parsed.error)}`);
  const environment = Object.fromEntries(
    FUNCTION_SETTINGS.flatMap((name) => (parsed.data[name] === undefined ? [] : [[name, parsed.data[name]]])),
  ) as StackConfig['environment'];
  const { cleanupIntervalSeconds, limits, logLevel, jwtRoleClaim, jwtAdminRole, jwtOperatorRole } = readConfig(
    variablesOf(environment),
  );
  if (cleanupIntervalSeconds % 60 !== 0 || cleanupIntervalSeconds > DAY_SECONDS) {
    throw new StackConfigError('cleanupIntervalSeconds must be whole minutes, and at most a day.');
  }
  return {
    ...parsed.data,
    environment,
    limits,
    logLevel,
    jwtRoleClaim,
    jwtAdminRole,
    jwtOperatorRole,
    cleanupIntervalMinutes: cleanupIntervalSeconds / 60,
  };
}

/** By the names that the functions read them by. */
export function variablesOf(values: Partial<Record<keyof typeof ENV, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [ENV[name as keyof typeof ENV], value]));
}
