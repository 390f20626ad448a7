import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const PACKAGES = ['node_modules', 'local/node24/node_modules'];

/**
 * What a clone would have if all that is here were committed: everything but what git ignores. Packages are links. No test
 * writes in the checkout, which may be another user's.
 */
export async function cloneProject(clone: string): Promise<void> {
  const ignored = readFileSync(path.join(PROJECT, '.gitignore'), 'utf8').split(/\/?\n/);
  const isCloned = (file: string) => !ignored.includes(path.basename(file)) && path.basename(file) !== '.git';
  await mkdir(clone, { recursive: true });
  for (const name of (await readdir(PROJECT)).filter(isCloned)) {
    await cp(path.join(PROJECT, name), path.join(clone, name), { recursive: true, filter: isCloned });
  }
  for (const packages of PACKAGES.filter((name) => existsSync(path.join(PROJECT, name)))) {
    await symlink(path.join(PROJECT, packages), path.join(clone, packages));
  }
}
