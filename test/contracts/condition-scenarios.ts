import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ok, refusal } from './door.ts';
import { someone, type Scenario } from './stage.ts';
import { workspaceOf, type Read } from './scenario-workspace.ts';

const MIB = 1024 * 1024;
const WHOLE = Buffer.from('0123456789').toString('base64');
const HUGE = '9'.repeat(30);

/** Conditions and ranges as RFC 9110 says what they mean. */
export const conditionScenarios: Record<string, Scenario> = {
  'If-Match compares strongly: a weak tag is no tag of the file, and overwrote it': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const { etag } = await ok<Read>(files.put('a', 'one'));
    const ifMatch = `W/${etag}`;
    expect(await refusal(files.put('a', 'two', { ifMatch }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(files.get('a', { ifMatch }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(files.call('deleteFile', { path: 'a', ifMatch }))).toBe('PRECONDITION_FAILED');
    expect((await ok<Read>(files.get('a', { ifMatch: `${ifMatch}, "b",, ${etag}` }))).etag).toBe(etag);
    // If-None-Match compares weakly.
    expect((await ok<Read>(files.get('a', { ifNoneMatch: ifMatch }))).content ?? '').toBe('');
    await files.end();
  },

  'a condition that is no list of tags is refused: it was a condition of its own': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const { etag } = await ok<Read>(files.put('a', 'one'));
    const bare = etag.slice(1, -1);
    for (const junk of [
      bare,
      `${etag} x`,
      `x${etag}`,
      `${etag}${etag}`,
      `w/${etag}`,
      `*, ${etag}`,
      '*,*',
      '"',
      '"a b"',
    ]) {
      expect([junk, await refusal(files.get('a', { ifMatch: junk }))]).toEqual([junk, 'VALIDATION']);
      expect([junk, await refusal(files.get('a', { ifNoneMatch: junk }))]).toEqual([junk, 'VALIDATION']);
      expect([junk, await refusal(files.put('a', 'two', { ifMatch: junk }))]).toEqual([junk, 'VALIDATION']);
      expect(await refusal(files.call('deleteFile', { path: 'a', ifMatch: junk }))).toBe('VALIDATION');
    }
    await files.end();
  },

  'If-Range: a part of the state that the caller has parts of, else all of the file': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const { etag } = await ok<Read>(files.put('a', '0123456789'));
    await utimes(path.join(files.session.workspacePath, 'a'), 1_700_000_000.25, 1_700_000_000.25);
    const now = (await ok<Read>(files.get('a'))).etag;
    const get = async (ifRange: string) => ok<Read>(files.get('a', { range: 'bytes=2-5', ifRange }));
    for (const same of [now, 'Tue, 14 Nov 2023 22:13:20 GMT']) {
      expect(await get(same)).toMatchObject({ contentRange: 'bytes 2-5/10', content: btoa('2345') });
    }
    for (const other of [etag, `W/${now}`, 'Tue, 14 Nov 2023 22:13:21 GMT', 'Tuesday, 14-Nov-23 22:13:20 GMT']) {
      const read = await get(other);
      expect([read.content, read.contentRange]).toEqual([WHOLE, undefined]);
    }
    for (const junk of [now.slice(1, -1), `${now} x`, `${now}, "b"`, '*', 'yesterday', '2023-11-14T22:13:20Z']) {
      const asked = files.get('a', { range: 'bytes=2-5', ifRange: junk });
      expect([junk, await refusal(asked)]).toEqual([junk, 'VALIDATION']);
    }
    await files.end();
  },

  'several ranges: all of the file where it fits, else one range that has all of them': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', '0123456789'));
    for (const range of ['bytes=0-1,3-4', 'bytes=0-1, -2', 'bytes=0-1,,99-', 'bytes=7-8,0-0']) {
      const read = await ok<Read>(files.get('a', { range }));
      expect([read.content, read.contentRange]).toEqual([WHOLE, undefined]);
    }
    const size = 4 * MIB + 9;
    await writeFile(path.join(files.session.workspacePath, 'big'), Buffer.alloc(size, '0123456789'));
    const big = async (range: string) => {
      const { content = '', contentRange } = await ok<Read>(files.get('big', { range }));
      return [Buffer.from(content, 'base64').toString('latin1'), contentRange];
    };
    expect(await big('bytes=12-13,10-10,16-16')).toEqual(['0123456', `bytes 10-16/${size}`]);
    expect(await big(`bytes=-1,${size - 4}-${size - 3},${size}-`)).toHaveProperty(
      '1',
      `bytes ${size - 4}-${size - 1}/${size}`,
    );
    expect(await refusal(files.get('big', { range: `bytes=${size}-,-0` }))).toBe('RANGE_NOT_SATISFIABLE');
    await files.end();
  },

  'numbers that no file has are as good as its end': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', '0123456789'));
    const range = (text: string) => files.get('a', { range: text });
    expect(await ok<Read>(range(`bytes=8-${HUGE}`))).toMatchObject({ contentRange: 'bytes 8-9/10' });
    expect(await ok<Read>(range(`bytes=-${HUGE}`))).toMatchObject({ contentRange: 'bytes 0-9/10' });
    for (const behind of [`bytes=${HUGE}-`, `bytes=${HUGE}-${HUGE}`, 'bytes=-0', 'bytes=-000']) {
      expect(await range(behind)).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', details: { size: 10 } });
    }
    for (const junk of ['bytes=0-1,x', 'bytes=,', 'bytes=0-1;3-4', 'bytes=5-4,0-1', 'bytes=0x1-2']) {
      expect([junk, await refusal(range(junk))]).toEqual([junk, 'VALIDATION']);
    }
    await files.end();
  },

  'an upload in parts is refused with its first part where its conditions do not hold': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const { etag } = await ok<Read>(files.put('a', 'old'));
    await ok(files.call('makeDirectory', { path: 'directory' }));
    const part = (file: string, contentRange: string, content: string, more: object) =>
      files.put(file, content, { contentRange, ...more });
    for (const conditions of [{ ifNoneMatch: '*' }, { ifMatch: '"other"' }, { ifMatch: `W/${etag}` }]) {
      const first = await part('a', 'bytes 0-3/10', '0123', conditions);
      expect(first).toMatchObject({ code: 'PRECONDITION_FAILED', details: { etag } });
    }
    for (const none of ['none', 'no/such/directory']) {
      expect(await refusal(part(none, 'bytes 0-3/10', '0123', { ifMatch: '*' }))).toBe('PRECONDITION_FAILED');
      expect(await ok(part(none, 'bytes 0-3/10', '0123', { ifNoneMatch: '*' }))).toMatchObject({ received: 4 });
    }
    expect(await refusal(part('directory', 'bytes 0-3/10', '0123', { ifMatch: '*' }))).toBe('NOT_A_FILE');
    // Nothing of it has arrived, and asking how much has is no first part.
    expect(await ok(part('a', 'bytes */10', '', { ifNoneMatch: '*' }))).toEqual({ received: 0, total: 10 });
    expect(await ok(part('a', 'bytes 0-3/10', '0123', { ifMatch: etag }))).toEqual({ received: 4, total: 10 });
    await ok(files.put('a', 'new'));
    expect(await refusal(part('a', 'bytes 4-9/10', '456789', { ifMatch: etag }))).toBe('PRECONDITION_FAILED');
    await files.end();
  },
};
