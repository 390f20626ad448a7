import { execFileSync } from 'node:child_process';

/** Whether a program is on the path; says so plainly where it is not, since what needs it is then not tested. */
export function isInstalled(program: string, args = ['--help']): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`${program} is not installed: what needs it is not tested here.\n`);
    return false;
  }
}
