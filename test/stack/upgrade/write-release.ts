/**
 * Writes what the next release must leave as it is, once a release is made: `npm run release-baseline`. The test of upgrades
 * compares with it.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SessionManagerStack, stackConfig } from '../../../cdk/index.ts';
import { releaseOf } from './release.ts';

const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
const release = releaseOf(Template.fromStack(new SessionManagerStack(app, stackConfig())));
writeFileSync(path.join(import.meta.dirname, 'last-release.json'), `${JSON.stringify(release)}\n`);
