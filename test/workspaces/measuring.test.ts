import { appendFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { measure, nothingMeasured, type KeptNames, type Measurement } from '../../lib/workspaces/measure.ts';
import { OpenDirectory } from '../../lib/workspaces/files/open-directory.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { OneWorkspace } from './one-workspace.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

/** A signal that lets so many steps of a measurement through. */
const after = (batches: number) => {
  let looks = 0;
  return {
    get aborted() {
      return looks++ >= batches;
    },
  } as AbortSignal;
};

describe('two who measure one workspace at once', () => {
  let stack: TestStack;
  let other: TestStack;
  let item: SessionItem;
  const REAL = 600;
  beforeEach(async () => {
    stack = await newStack({ MAX_WORKSPACE_BYTES: '100000' });
    other = await newStack(stack.env);
    const session = await stack.manager.createSession('ada', 'acme');
    for (let index = 0; index < 12; index++) {
      await mkdir(path.join(session.getWorkspacePath(), `d${index}`));
      await writeFile(path.join(session.getWorkspacePath(), `d${index}`, 'file'), Buffer.alloc(REAL / 12));
    }
    item = (await stack.parts.store.get(session.id)) as SessionItem;
  });
  afterEach(async () => {
    await other.close();
    await stack.close();
  });

  const counted = async () => (await stack.parts.workspaceUsage.get(item.id))?.bytes;

  test('correct the count once, also if one is late with how far it is', async () => {
    const { measuring, workspaceUsage } = stack.parts;
    const atFirst = await workspaceUsage.get(item.id);
    await measuring.step(item, atFirst, after(Infinity));
    expect(await counted()).toBe(REAL);
    const late = await other.parts.measuring.step(item, atFirst, after(3));
    expect(late.complete).toBe(false);
    expect((await workspaceUsage.get(item.id))?.measuring).toBeUndefined();
    await measuring.step(item, atFirst, after(Infinity));
    await measuring.step(item, await workspaceUsage.get(item.id), after(Infinity));
    expect(await counted()).toBe(REAL);
  });

  test('correct the count once, wherever they meet', async () => {
    const measureOn = async ({ parts }: TestStack, batches: number) => {
      for (let step = 1; step <= 50; step++) {
        const stored = await parts.workspaceUsage.get(item.id);
        if ((await parts.measuring.step(item, stored, after(batches))).complete) return;
      }
      throw new Error('does not get on');
    };
    for (let round = 0; round < 6; round++) {
      // What was counted is wrong: two that correct it would make it wrong the other way round.
      await stack.parts.workspaceUsage.take(item.id, 37, 100_000, new Date());
      await Promise.all([measureOn(stack, 1 + (round % 5)), measureOn(other, 1 + (round % 4))]);
      expect(await counted()).toBe(REAL);
    }
  });

  test('store nothing of a session that has ended, if they are told so', async () => {
    const { measuring, workspaceUsage } = stack.parts;
    for (const batches of [2, Infinity]) {
      await stack.parts.store.claimEnd(item.id, 'requested');
      await measuring.step(item, undefined, after(batches), { onlyIfActive: true });
      expect(await workspaceUsage.get(item.id)).toBeUndefined();
    }
  });
});

describe('measuring a workspace', () => {
  let own: OneWorkspace;
  beforeEach(async () => {
    own = await OneWorkspace.make();
  });
  afterEach(() => own.close());

  async function measuredInSteps(
    batches: number,
    meanwhile: (step: number) => Promise<void> = async () => undefined,
    kept?: KeptNames,
  ) {
    let from: Measurement = nothingMeasured;
    for (let step = 1; step <= 1_000; step++) {
      // As it is stored in between.
      from = JSON.parse(JSON.stringify(from)) as Measurement;
      const { measurement, complete } = await measure(own.files, own.session, from, after(batches), kept);
      if (complete) return { bytes: measurement.bytes, files: measurement.files, steps: step };
      from = measurement;
      await meanwhile(step);
    }
    throw new Error('does not get on');
  }

  test('adds up the same in one step as in many', async () => {
    let [bytes, files] = [0, 0];
    for (const directory of ['', 'a', 'a/b', 'a/b/c', 'a.d', 'empty', 'z', 'z/é', 'z/\u0001']) {
      await mkdir(own.at(directory), { recursive: true });
      if (directory === 'empty') continue;
      for (const name of ['1', 'a', 'zz', '.hidden']) {
        if (directory === '' && name === 'a') continue;
        await appendFile(own.at(directory, name), Buffer.alloc(++files));
        bytes += files;
      }
    }
    for (let index = 0; index < 1_300; index++) await writeFile(own.at('z', `many-${index}`), 'x');
    await symlink('/', own.at('a', 'link'));
    const expected = { bytes: bytes + 1_300, files: files + 1_301 };
    const whole = await measuredInSteps(Infinity);
    expect(whole).toEqual({ ...expected, steps: 1 });
    const many = await measuredInSteps(2);
    expect(many).toEqual({ ...expected, steps: many.steps });
    expect(many.steps).toBeGreaterThan(5);
  });

  test('ends also if what it was about to go on with is removed', async () => {
    for (let index = 0; index < 20; index++) {
      await mkdir(own.at(`d${index}`, 'below'), { recursive: true });
      await writeFile(own.at(`d${index}`, 'below', 'file'), 'x');
    }
    const { files } = await measuredInSteps(2, async (step) => {
      await rm(own.at(`d${step}`), { recursive: true, force: true });
    });
    expect(files).toBeGreaterThan(0);
    expect(files).toBeLessThanOrEqual(20);
  });

  describe('whose directories are larger than what is kept of them', () => {
    const kept = { files: 100, directories: 3 };
    let expected: { bytes: number; files: number };
    beforeEach(async () => {
      expected = { bytes: 0, files: 0 };
      for (let index = 0; index < 730; index++) {
        await writeFile(own.at(`${index}`), Buffer.alloc(index % 7));
        expected = { bytes: expected.bytes + (index % 7), files: expected.files + 1 };
      }
      for (let index = 0; index < 20; index++) {
        await mkdir(own.at(`d${index}`, 'e', 'f'), { recursive: true });
        await writeFile(own.at(`d${index}`, 'e', 'f', 'file'), 'xy');
        expected = { bytes: expected.bytes + 2, files: expected.files + 1 };
      }
    });

    test('adds up the same', async () => {
      expect(await measuredInSteps(Infinity, undefined, kept)).toEqual({ ...expected, steps: 1 });
      expect(await measuredInSteps(3, undefined, kept)).toMatchObject(expected);
    });

    test('comes further with each step, also if its time is up before it begins', async () => {
      const { steps, ...measured } = await measuredInSteps(0, undefined, kept);
      expect(measured).toEqual(expected);
      // One for each window of files and for each directory, and one that finds nothing left.
      expect(steps).toBeLessThanOrEqual(8 + 20 * 4 + 1);
    });
  });

  test('passes over what has vanished or is closed, and tells of every other error', async () => {
    await mkdir(own.at('d'));
    await writeFile(own.at('d', 'file'), 'xyz');
    await writeFile(own.at('file'), 'xyz');
    const failing = (code: string) => Object.assign(new Error(`${code}: injected`), { code });
    for (const step of ['look', 'directory'] as const) {
      for (const [code, told] of [
        ['ENOENT', 3],
        ['EACCES', 3],
        ['ESTALE', 3],
        ['EIO', 'ContentionError'],
        ['EMFILE', 'Error: EMFILE: injected'],
      ] as const) {
        const spy = jest.spyOn(OpenDirectory.prototype, step).mockRejectedValueOnce(failing(code));
        const measured = measuredInSteps(Infinity).then(
          (found) => found.bytes,
          (thrown: unknown) => String(thrown),
        );
        expect(await measured).toEqual(typeof told === 'number' ? told : expect.stringContaining(told));
        spy.mockRestore();
      }
    }
  });
});
