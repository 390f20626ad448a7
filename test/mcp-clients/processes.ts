import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';

/** Whether a process is there: one that is dead and not yet taken note of by its parent is not. */
export async function isRunning(pid: number): Promise<boolean> {
  const state = (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.[0];
  return state !== undefined && state !== 'Z';
}

export async function expectDead(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 20 && (await isRunning(pid)); attempt++) await sleep(50);
  expect(await isRunning(pid)).toBe(false);
}
