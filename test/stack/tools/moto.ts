/**
 * `npm run check:moto`: the template in moto as far as moto goes, and the demo's steps by the bundles against what it made of
 * it. moto admits too much in a race, since its transactions are not isolated: limits are tested on DynamoDB Local.
 */
import { isInstalled } from './installed.ts';
import { withRunDirectory } from './run-directory.ts';

if (isInstalled('moto_server', "'moto[server]'")) {
  await withRunDirectory(async (directory) => {
    const { checkInMoto } = await import('./moto-check.ts');
    await checkInMoto(directory, (line) => process.stdout.write(`${line}\n`));
  });
}
