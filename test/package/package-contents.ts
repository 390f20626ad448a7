import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import type { ConsumerProject } from './consumer-project.ts';

export const BUNDLE = /^dist\/functions\/(?<name>[\w-]+)\/(\w+|openapi-document)\.mjs(\.map)?$/;
export const COMPILED = /^dist\/(?<source>(lib|cdk)\/.+?)(\.d\.ts|\.js)$/;

/** The examples of the README that came with the package. */
export function examples({ installed }: ConsumerProject): string[] {
  const readme = readFileSync(path.join(installed, 'README.md'), 'utf8');
  const section = readme.split('\n## Install as a package\n')[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text);
}

export const filesOfPackage = ({ installed }: ConsumerProject): string[] =>
  readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(installed, path.join(entry.parentPath, entry.name)))
    .sort();

/** The packages that modules and declarations of the package import. */
export function packagesImportedBy({ installed }: ConsumerProject, files: string[]): string[] {
  const imported = files.flatMap((file) => {
    const text = readFileSync(path.join(installed, file), 'utf8');
    return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
  });
  const bare = imported.filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier));
  return [...new Set(bare.map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''))].sort();
}

export const contentsOf = (directory: string): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).map((file) => [file, readFileSync(path.join(directory, file), 'utf8')]));
