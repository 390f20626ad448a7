import { register } from 'node:module';

/*
 * The conformance tool imports `globSync` of `fs`, which Node has since version 22, for a command that is not used here.
 * In older versions the name has to exist for the tool to load.
 */
/** @param {string} code */
const source = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
const fs = source(`
  export * from 'node:fs';
  export { default } from 'node:fs';
  export const globSync = () => { throw new Error('needs Node 22'); };
`);
register(
  source(`
    export const resolve = (specifier, context, next) =>
      specifier === 'fs' ? { url: ${JSON.stringify(fs)}, shortCircuit: true } : next(specifier, context);
  `),
);
