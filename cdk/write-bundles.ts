/** Writes the functions' bundles to `dist/functions/`, as `cdk deploy` makes them, with the licenses of what is in them. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleFunction } from './function-code.ts';
import { FUNCTION_NAMES } from './function-rows.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

const functions = path.resolve(import.meta.dirname, '../dist/functions');
const bundles = FUNCTION_NAMES.map((name) => path.join(functions, name));
for (const name of FUNCTION_NAMES) bundleFunction(name, path.join(functions, name));
writeFileSync(path.join(functions, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(bundles));
