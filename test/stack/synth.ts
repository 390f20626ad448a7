import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { sessionManagerApp } from '../../cdk/session-manager-app.ts';
import type { SessionManagerStack } from '../../cdk/session-manager-stack.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../cdk/function-rows.ts';

export const projectRoot = path.resolve(import.meta.dirname, '../..');
const { context } = JSON.parse(readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8')) as { context: object };

/** Whether the functions' code is bundled, which templates do not need. */
const BUNDLES = { none: { 'aws:cdk:bundling-stacks': [] }, all: { 'aws:cdk:enable-asset-metadata': true } };

/** The CDK's rules for templates are a WebAssembly that takes seconds to start. `withRules` applies them. */
process.env.CDK_VALIDATION = 'false';

export function withRules<T>(work: () => T): T {
  delete process.env.CDK_VALIDATION;
  try {
    return work();
  } finally {
    process.env.CDK_VALIDATION = 'false';
  }
}

/** The app as the command line makes it, with this context on top of that of `cdk.json`. What it writes goes with the run. */
export function newApp(
  own: Record<string, unknown> = {},
  bundles: keyof typeof BUNDLES = 'none',
): { app: App; stack: SessionManagerStack; outdir: string } {
  const outdir = mkdtempSync(path.join(process.env.DIRECTORY_OF_TEST_RUN as string, 'cdk-out-'));
  return { outdir, ...sessionManagerApp({ outdir, context: { ...context, ...BUNDLES[bundles], ...own } }) };
}

let ofNothingElse: Template | undefined;

/** The template with this context; without any, always the same one. */
export function synthTemplate(own?: Record<string, unknown>): Template {
  if (own) return Template.fromStack(newApp(own).stack);
  return (ofNothingElse ??= Template.fromStack(newApp().stack));
}

export interface Resource {
  Type: string;
  Properties: Record<string, never>;
  Metadata?: Record<string, string>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}

export const resourcesOf = (template: Template): Record<string, Resource> =>
  (template.toJSON() as { Resources: Record<string, Resource> }).Resources;

/** `{ Ref }`, `GetAtt` and `Join` as text; the hash that the CDK adds to logical ids left off. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[fn, argument]] = Object.entries(value as object) as [[string, unknown]];
  if (fn === 'Ref') return withoutHash(argument as string);
  if (fn === 'Fn::GetAtt') return withoutHash((argument as [string])[0]);
  if (fn === 'Fn::Join') return (argument as [string, unknown[]])[1].map(textOf).join('');
  throw new Error(`no text for ${JSON.stringify(value)}`);
}

const withoutHash = (logicalId: string) => logicalId.replace(/[0-9A-F]{8}$/, '');

/** The functions' resources by their names. */
export function functionResources(stack: SessionManagerStack): Record<FunctionName, Resource> {
  const resources = resourcesOf(Template.fromStack(stack));
  const entries = FUNCTION_NAMES.map((name) => {
    const { defaultChild } = stack.functions[name].function.node;
    return [name, resources[stack.getLogicalId(defaultChild as CfnFunction)]];
  });
  return Object.fromEntries(entries) as Record<FunctionName, Resource>;
}
