import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import swcJest from '@swc/jest';
import { instrument } from './instrument.ts';
import { mutatedFiles, PROJECT } from './mutated-files.ts';

const swc = swcJest.createTransformer({
  jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
  module: { type: 'es6' },
});
type Process = NonNullable<typeof swc.process>;

const MAKERS = ['instrument', 'expression-mutations', 'statement-mutations', 'mutated-files'];
const version = createHash('sha256');
for (const name of MAKERS) version.update(readFileSync(path.join(import.meta.dirname, `${name}.ts`)));
const VERSION = version.digest('hex');

const mutated = new Set(mutatedFiles().map((file) => path.join(PROJECT, file)));

/** As the other transform of jest, on sources with all their mutants. */
function process(source: string, file: string, options: Parameters<Process>[2]): ReturnType<Process> {
  const text = mutated.has(file) ? instrument(path.relative(PROJECT, file), source).text : source;
  return (swc.process as Process)(text, file, options);
}

export default {
  canInstrument: false,
  process,
  processAsync: async (source: string, file: string, options: Parameters<Process>[2]) => process(source, file, options),
  getCacheKey: (source: string, file: string) =>
    createHash('sha256').update([VERSION, file, source].join('\0')).digest('hex'),
};
