import { builtinModules } from 'node:module';
import path from 'node:path';
import { DockerImage } from 'aws-cdk-lib';
import { AssetHashType } from 'aws-cdk-lib/core';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync, type BuildOptions } from 'esbuild';
import type { FunctionName } from './function-rows.ts';

const projectRoot = path.resolve(import.meta.dirname, '..');

/**
 * Stands in for one of Node's own modules. Importing one as an ES module reads all that it exports, and with that loads
 * what nobody asked for: of `node:http` a whole other HTTP client.
 */
function builtin(name: string, exported?: string): string {
  const module = `process.getBuiltinModule('node:${name}')`;
  const code = exported
    ? `const it=${module};export default it;export const{${exported}}=it`
    : `module.exports=${module}`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

const builtins = Object.fromEntries(
  builtinModules.flatMap((name) => [
    [`node:${name}`, builtin(name)],
    [name, builtin(name)],
  ]),
);

/** By esbuild on this machine: ES modules with everything in them, the AWS SDK included, so that versions are ours. */
export const BUNDLING: BuildOptions = {
  absWorkingDir: projectRoot,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'external',
  sourcesContent: false,
  // What is imported when it is needed is a file of its own, which is not read before.
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: '[hash]',
  inject: ['lib/mapped-stacks.ts'],
  alias: {
    ...builtins,
    // Imported when they are needed, by their names.
    'node:http': builtin('http', 'Agent,request'),
    'node:async_hooks': builtin('async_hooks', 'AsyncLocalStorage,AsyncResource'),
    '@aws-sdk/credential-provider-node': './lib/environment-credentials.ts',
  },
  logLevel: 'error',
};

/** Bundles `functions/<name>.ts` into a directory. */
export function bundleFunction(name: FunctionName, outdir: string): void {
  buildSync({ ...BUNDLING, entryPoints: { index: `functions/${name}.ts` }, outdir });
}

/** The code of a function, bundled when the stack is synthesized. */
export const functionCode = (name: FunctionName): Code =>
  Code.fromAsset(path.join(projectRoot, 'functions'), {
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
