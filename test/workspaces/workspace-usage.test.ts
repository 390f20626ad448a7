import { appendFile, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SessionManagerError } from '../../lib/errors.ts';
import { secretsUnavailable } from '../../lib/mcp-clients/credentials/no-secrets.ts';
import { SessionManagerV2 } from '../../lib/composition/session-manager-v2.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { measure, nothingMeasured, type KeptNames, type Measurement } from '../../lib/workspaces/measure.ts';
import { OpenDirectory } from '../../lib/workspaces/files/open-directory.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import { OneWorkspace } from './one-workspace.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

const LIMIT = 1000;

describe('MAX_WORKSPACE_BYTES', () => {
  let stack: TestStack;
  let clock: TestClock;
  let session: Session;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ MAX_WORKSPACE_BYTES: String(LIMIT) }, clock);
    session = await stack.manager.createSession('ada', 'acme');
  });
  afterEach(() => stack.close());

  const write = (file: string, size: number, of = session) => of.files.write(file, Buffer.alloc(size));
  const codeOf = (step: Promise<unknown>) =>
    step.then(
      () => 'done',
      (thrown: unknown) => (thrown instanceof SessionManagerError ? thrown.code : String(thrown)),
    );

  test('is exact: a byte more is refused and changes nothing', async () => {
    await write('a', 600);
    await write('b', 400);
    await expect(write('c', 1)).rejects.toMatchObject({
      code: 'WORKSPACE_FULL',
      details: { limit: LIMIT, bytes: LIMIT },
    });
    await write('empty', 0);
    expect(await readdir(session.getWorkspacePath())).toEqual(['a', 'b', 'empty']);
    clock.advance({ seconds: 61 });
    expect(await session.files.usage()).toMatchObject({ bytes: LIMIT, files: 3, complete: true });
  });

  test('counts of a replaced file the difference, and nothing of one that is deleted', async () => {
    await write('a', 900);
    await write('a', 1000);
    expect(await codeOf(write('a', 1001))).toBe('WORKSPACE_FULL');
    await write('a', 500);
    await write('b', 500);
    expect(await codeOf(write('c', 1))).toBe('WORKSPACE_FULL');
    await session.files.delete('b');
    await write('c', 500);
    expect(await codeOf(write('d', 1))).toBe('WORKSPACE_FULL');
  });

  test('gives back what was refused for another reason', async () => {
    await write('a', 400);
    for (let time = 0; time < 5; time++) {
      expect(await codeOf(session.files.write('a', Buffer.alloc(600), { ifNoneMatch: '*' }))).toBe(
        'PRECONDITION_FAILED',
      );
    }
    await write('b', 600);
  });

  test('holds for many who write at once, through several instances', async () => {
    const { table, workspaces, mcp, log, settings } = {
      table: stack.parts.workspaceUsage['table' as never],
      ...stack.parts,
      settings: stack.config,
    };
    const secrets = secretsUnavailable;
    const second = new SessionManagerV2({ table, workspaces, mcp, secrets, log, settings, now: clock.now });
    const twin = await second.getSession(session.id);
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, (_, index) => codeOf(write(`f${index}`, 100, index % 2 ? session : twin))),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'WORKSPACE_FULL')).toHaveLength(14);
  });

  test('sees what the agent writes or removes by itself, once that is measured', async () => {
    await write('a', 100);
    const log = path.join(session.getWorkspacePath(), 'log');
    await writeFile(log, Buffer.alloc(900));
    clock.advance({ seconds: 61 });
    expect(await codeOf(write('b', 1))).toBe('WORKSPACE_FULL');
    await rm(log);
    clock.advance({ seconds: 6 });
    await write('b', 900);
  });

  test('refuses an upload that would not fit at its first part, and parts beyond it that wait for others', async () => {
    const part = (first: number, size: number, total: number, uploadId: string) =>
      session.files.writePart('big', Buffer.alloc(size), { first, total, uploadId });
    expect(await codeOf(part(0, 10, LIMIT + 1, 'a'))).toBe('WORKSPACE_FULL');
    for (const uploadId of ['b', 'c']) expect(await codeOf(part(0, 500, LIMIT, uploadId))).toBe('done');
    expect(await codeOf(part(0, 500, LIMIT, 'd'))).toBe('WORKSPACE_FULL');
    expect(await codeOf(part(500, 500, LIMIT, 'b'))).toBe('WORKSPACE_FULL');
  });

  describe('with uploads that were given up', () => {
    const part = (uploadId: string, first: number, size: number, total = 900) =>
      session.files.writePart('big', Buffer.alloc(size), { first, total, uploadId });
    const received = async (uploadId: string) => (await part(uploadId, 0, 0)) as { received: number };
    const staged = () => stack.parts.files.stagingOf({ id: session.id, userId: 'ada' }).at;
    /** Begins uploads, each of so many bytes, and lets them rest for so long (s). */
    const rest = async (uploads: [string, number, number][]) => {
      for (const [uploadId, size, seconds] of uploads) {
        const before: string[] = await readdir(staged()).catch(() => []);
        await part(uploadId, 0, size);
        const [name = ''] = (await readdir(staged())).filter((file) => !before.includes(file));
        const then = new Date(Date.now() - seconds * 1000);
        await utimes(path.join(staged(), name), then, then);
      }
    };

    test('makes those give way that have rested the longest, and no more than it takes', async () => {
      await rest([
        ['younger', 300, 90],
        ['oldest', 300, 300],
        ['at work', 300, 10],
      ]);
      expect(await part('new', 0, 400)).toEqual({ received: 400, total: 900 });
      for (const [uploadId, bytes] of [
        ['oldest', 0],
        ['younger', 300],
        ['at work', 300],
        ['new', 400],
      ] as const) {
        expect(await received(uploadId)).toMatchObject({ received: bytes });
      }
      const late = session.files.writePart('big', Buffer.alloc(1), { first: 300, total: 900, uploadId: 'oldest' });
      await expect(late).rejects.toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', details: { received: 0 } });
    });

    test('makes none give way for a part that would not fit all the same', async () => {
      await rest([
        ['resting', 300, 90],
        ['at work', 700, 10],
      ]);
      expect(await codeOf(part('new', 0, 301))).toBe('WORKSPACE_FULL');
      expect(await received('resting')).toMatchObject({ received: 300 });
      expect(await part('new', 0, 300)).toMatchObject({ received: 300 });
      expect(await received('resting')).toMatchObject({ received: 0 });
    });

    test('counts what they take on disk, a part that was cut off included', async () => {
      await part('cut off', 0, 100);
      const [name = ''] = await readdir(staged());
      await appendFile(path.join(staged(), name), Buffer.alloc(800));
      expect(await codeOf(part('new', 0, 101))).toBe('WORKSPACE_FULL');
      await part('new', 0, 100);
      // Its own bytes are where it goes on.
      expect(await part('cut off', 100, 799)).toMatchObject({ received: 899 });
    });
  });

  test('holds for parts that wait for others, also when many come at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        codeOf(
          session.files.writePart(`f${index}`, Buffer.alloc(LIMIT / 4), {
            first: 0,
            total: LIMIT / 2,
            uploadId: '',
          }),
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(4);
    expect(outcomes.filter((outcome) => outcome === 'WORKSPACE_FULL')).toHaveLength(8);
  });
});

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
