import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AssetHashType } from 'aws-cdk-lib/core';
import type { FunctionName } from './function-rows.ts';

const projectRoot = path.resolve(import.meta.dirname, '..');

/** Bundles a function into a directory. In a process of its own, since the CDK does not wait for promises. */
export function bundleFunction(name: FunctionName, outdir: string): void {
  const script = path.join(import.meta.dirname, 'start-bundling.ts');
  execFileSync(process.execPath, ['--import', 'tsx', script, name, outdir], { cwd: projectRoot, stdio: 'inherit' });
}

/** The code of a function: in the npm package its bundle, in a checkout what is bundled when the stack is synthesized. */
export function functionCode(name: FunctionName): Code {
  const functions = path.join(projectRoot, 'functions');
  const bundle = path.join(functions, name);
  if (existsSync(bundle)) return Code.fromAsset(bundle);
  return Code.fromAsset(functions, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never run: this only tells one function's code from another's.
      image: DockerImage.fromRegistry(name),
      local: {
        tryBundle(outdir) {
          bundleFunction(name, outdir);
          return true;
        },
      },
    },
  });
}
