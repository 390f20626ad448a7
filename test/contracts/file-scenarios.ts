import { chmod, link, mkdir, readFile, stat, symlink, truncate, unlink } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ok, refusal } from './door.ts';
import { someone, type Scenario } from './stage.ts';
import { workspaceOf, type Read } from './scenario-workspace.ts';

export const fileScenarios: Record<string, Scenario> = {
  'a file is written, read, replaced and deleted': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    expect(await refusal(files.get('notes/today.txt'))).toBe('FILE_NOT_FOUND');
    const first = await ok<Read>(files.put('notes/today.txt', 'one'));
    expect(first.etag).toMatch(/^".+"$/);
    expect(await ok<Read>(files.get('notes/today.txt'))).toMatchObject({
      content: Buffer.from('one').toString('base64'),
      etag: first.etag,
    });
    const onDisk = path.join(files.session.workspacePath, 'notes');
    expect((await stat(onDisk)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(onDisk, 'today.txt'))).mode & 0o777).toBe(0o600);
    const second = await ok<Read>(files.put('./notes//today.txt', 'two'));
    expect(second.etag).not.toBe(first.etag);
    expect(await readFile(path.join(onDisk, 'today.txt'), 'utf8')).toBe('two');
    expect(await ok(files.call('deleteFile', { path: 'notes/today.txt' }))).toBeNull();
    expect(await refusal(files.call('deleteFile', { path: 'notes/today.txt' }))).toBe('FILE_NOT_FOUND');
    await files.end();
    expect(await refusal(files.get('notes/today.txt'))).toBe('SESSION_NOT_FOUND');
    expect(await refusal(files.put('notes/today.txt', 'x'))).toBe('SESSION_NOT_FOUND');
    await expect(stat(files.session.workspacePath)).rejects.toThrow('ENOENT');
  },

  'bytes of every value and files without any come back as they were': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const every = Buffer.from(Array.from({ length: 256 * 3 }, (_, index) => index % 256));
    for (const content of [every, Buffer.alloc(0), Buffer.from('\uFEFFtext\r\n'), Buffer.from([0xff, 0xfe, 0x00])]) {
      await ok(files.put('data.bin', content));
      const read = await ok<Read>(files.get('data.bin'));
      expect(Buffer.from(read.content ?? '', 'base64')).toEqual(content);
      expect(await readFile(path.join(files.session.workspacePath, 'data.bin'))).toEqual(content);
    }
    await files.end();
  },

  'conditions: written only where nothing is, or where it is what was read': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const { etag } = await ok<Read>(files.put('a', 'one', { ifNoneMatch: '*' }));
    expect(await files.put('a', 'two', { ifNoneMatch: '*' })).toMatchObject({
      code: 'PRECONDITION_FAILED',
      details: { etag },
    });
    const next = await ok<Read>(files.put('a', 'two', { ifMatch: etag }));
    for (const ifMatch of [etag, '"other"']) {
      expect(await refusal(files.put('a', 'three', { ifMatch }))).toBe('PRECONDITION_FAILED');
      expect(await refusal(files.get('a', { ifMatch }))).toBe('PRECONDITION_FAILED');
      expect(await refusal(files.call('deleteFile', { path: 'a', ifMatch }))).toBe('PRECONDITION_FAILED');
    }
    expect(await refusal(files.put('new/b', 'x', { ifMatch: '*' }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(files.put('b', 'x', { ifMatch: '*' }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(files.call('listDirectory', { path: 'new' }))).toBe('FILE_NOT_FOUND');
    expect(await refusal(files.put('a', 'x', { ifNoneMatch: next.etag }))).toBe('VALIDATION');
    expect(await files.text('a')).toBe('two');
    const unmodified = await ok<Read>(files.get('a', { ifNoneMatch: `"other", ${next.etag}` }));
    expect(unmodified.content ?? '').toBe('');
    expect(unmodified.etag).toBe(next.etag);
    expect((await ok<Read>(files.get('a', { ifNoneMatch: etag }))).content).toBe(Buffer.from('two').toString('base64'));
    await ok(files.call('deleteFile', { path: 'a', ifMatch: next.etag }));
    await files.end();
  },

  'an overwrite keeps the mode of a file, and `mode` sets it: a program was executable no more': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const onDisk = path.join(files.session.workspacePath, 'run.sh');
    const modes = async () => {
      const { mode } = await ok<{ mode: string }>(files.call('statFile', { path: 'run.sh' }));
      return [mode, ((await stat(onDisk)).mode & 0o7777).toString(8)];
    };
    await ok(files.put('run.sh', 'one'));
    expect(await modes()).toEqual(['600', '600']);
    await chmod(onDisk, 0o4755);
    await ok(files.put('run.sh', 'two'));
    expect(await modes()).toEqual(['755', '755']);
    for (const [more, mode] of [
      [{}, '755'],
      [{ mode: '0640' }, '640'],
    ] as const) {
      await ok(files.put('run.sh', '01', { contentRange: 'bytes 0-1/4', ...more }));
      await ok(files.put('run.sh', '23', { contentRange: 'bytes 2-3/4', ...more }));
      expect(await modes()).toEqual([mode, mode]);
    }
    const { etag } = await ok<Read>(files.put('run.sh', 'three', { mode: '755' }));
    await ok(files.put('run.sh', 'four', { mode: '0444', ifMatch: etag }));
    expect(await modes()).toEqual(['444', '444']);
    await ok(files.put('new.sh', 'new', { mode: '700', ifNoneMatch: '*' }));
    expect((await stat(path.join(files.session.workspacePath, 'new.sh'))).mode & 0o7777).toBe(0o700);
    for (const mode of ['4755', '2755', '1777', '077', '200', '0o755', '75', '755 ', '-755', '888', '']) {
      expect([mode, await refusal(files.put('run.sh', 'x', { mode }))]).toEqual([mode, 'VALIDATION']);
    }
    expect(await files.text('run.sh')).toBe('four');
    await files.end();
  },

  'what a file is, without its content': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const stat = (file: string, more = {}) => files.call('statFile', { path: file, ...more });
    const { etag } = await ok<Read>(files.put('a', '0123456789'));
    const told = await ok<{ size: number; etag: string; modifiedAt: string; mode: string }>(
      stat('a', { ifMatch: etag }),
    );
    expect(told).toEqual({ size: 10, etag, modifiedAt: expect.any(String), mode: '600' });
    expect(new Date(told.modifiedAt).toISOString()).toBe(told.modifiedAt);
    expect((await ok<Read>(stat('a', { ifNoneMatch: etag }))).etag).toBe(etag);
    await truncate(path.join(files.session.workspacePath, 'a'), 5_000_000);
    expect((await ok<{ size: number }>(stat('a'))).size).toBe(5_000_000);
    expect(await refusal(stat('a', { ifMatch: etag }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(stat('none'))).toBe('FILE_NOT_FOUND');
    expect(await refusal(stat('../a'))).toBe('PATH_OUTSIDE_WORKSPACE');
    await ok(files.call('makeDirectory', { path: 'd' }));
    expect(await refusal(stat('d'))).toBe('NOT_A_FILE');
    const stranger = stage.door.call('statFile', someone(stage), { sessionId: files.session.id, path: 'a' });
    expect(await refusal(stranger)).toBe('SESSION_NOT_FOUND');
    await files.end();
  },

  'a file whose names (hard links) are all in the workspace is read: it was refused': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const root = files.session.workspacePath;
    await ok(files.put('store/package', 'one'));
    await link(path.join(root, 'store', 'package'), path.join(root, 'linked'));
    const { etag } = await ok<Read>(files.get('store/package'));
    expect(await ok<Read>(files.call('statFile', { path: 'linked' }))).toMatchObject({ etag });
    expect((await ok<Read>(files.get('linked', { range: 'bytes=1-' }))).content).toBe(btoa('ne'));
    await link(path.join(root, 'linked'), path.join(root, '..', `of-another-${files.session.id}`));
    const refused = { code: 'PATH_OUTSIDE_WORKSPACE', details: { names: 3, found: 2 } };
    expect(await files.get('linked')).toMatchObject(refused);
    await unlink(path.join(root, '..', `of-another-${files.session.id}`));
    await ok(files.put('linked', 'two', { ifMatch: etag }));
    expect([await files.text('store/package'), await files.text('linked')]).toEqual(['one', 'two']);
    await files.end();
  },

  'no path leads out of the workspace': async (stage) => {
    const actor = someone(stage);
    const files = await workspaceOf(stage, actor);
    const neighbour = await workspaceOf(stage, actor);
    await ok(neighbour.put('secret', 'secret'));
    const outside = neighbour.session.workspacePath;
    const root = files.session.workspacePath;
    await mkdir(path.join(root, 'own'));
    await symlink(outside, path.join(root, 'out'));
    await symlink(path.join(outside, 'secret'), path.join(root, 'own', 'secret'));
    await link(path.join(outside, 'secret'), path.join(root, 'hard'));
    const neighbourId = neighbour.session.id;
    for (const bad of [
      `../${neighbourId}/secret`,
      `own/../../${neighbourId}/secret`,
      `${outside}/secret`,
      'out/secret',
    ]) {
      for (const operation of [
        'readFile',
        'deleteFile',
        'listDirectory',
        'makeDirectory',
        'removeDirectory',
      ] as const) {
        expect(await refusal(files.call(operation, { path: bad }))).toBe('PATH_OUTSIDE_WORKSPACE');
      }
      expect(await refusal(files.put(bad, 'changed'))).toBe('PATH_OUTSIDE_WORKSPACE');
    }
    expect(await refusal(files.get('own/secret'))).toBe('PATH_OUTSIDE_WORKSPACE');
    expect(await refusal(files.put('own/secret', 'changed'))).toBe('PATH_OUTSIDE_WORKSPACE');
    expect(await refusal(files.get('hard'))).toBe('PATH_OUTSIDE_WORKSPACE');
    await ok(files.put('hard', 'replaced, not changed'));
    await ok(files.call('deleteFile', { path: 'own/secret' }));
    expect(await neighbour.text('secret')).toBe('secret');
    await files.end();
    expect(await neighbour.text('secret')).toBe('secret');
    await neighbour.end();
  },

  'the workspace of somebody else does not exist, whatever is asked': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', 'mine'));
    const sessionId = files.session.id;
    const stranger = someone(stage);
    for (const operation of ['readFile', 'writeFile', 'deleteFile', 'makeDirectory', 'removeDirectory'] as const) {
      const asked = stage.door.call(operation, stranger, { sessionId, path: 'a' });
      expect(await refusal(asked)).toBe('SESSION_NOT_FOUND');
    }
    for (const operation of ['listDirectory', 'getWorkspaceUsage'] as const) {
      expect(await refusal(stage.door.call(operation, stranger, { sessionId }))).toBe('SESSION_NOT_FOUND');
    }
    expect(await files.text('a')).toBe('mine');
    await files.end();
  },

  'what a workspace holds is told': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a/b/c', '12345'));
    await ok(files.put('d', '123'));
    const { measuredAt, ...usage } = await ok<{ measuredAt: string }>(files.call('getWorkspaceUsage'));
    expect(usage).toEqual({ bytes: 8, files: 2, complete: true });
    expect(new Date(measuredAt).toISOString()).toBe(measuredAt);
    await files.end();
  },
};
