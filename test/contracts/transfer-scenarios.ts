import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ok, refusal } from './door.ts';
import { someone, type Scenario } from './stage.ts';
import { workspaceOf, type Read } from './scenario-workspace.ts';

/** Files that take more than one request. */
export const transferScenarios: Record<string, Scenario> = {
  'ranges of a file': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('digits', '0123456789'));
    const ranges: [string, string, string][] = [
      ['bytes=0-0', '0', 'bytes 0-0/10'],
      ['bytes=2-5', '2345', 'bytes 2-5/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=-99', '0123456789', 'bytes 0-9/10'],
      ['bytes=5-99', '56789', 'bytes 5-9/10'],
    ];
    for (const [range, content, contentRange] of ranges) {
      const read = await ok<Read>(files.get('digits', { range }));
      expect([Buffer.from(read.content ?? '', 'base64').toString(), read.contentRange]).toEqual([
        content,
        contentRange,
      ]);
    }
    const behind = await files.get('digits', { range: 'bytes=10-' });
    expect(behind).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', details: { size: 10 } });
    for (const range of ['bytes=5-2', 'bytes=', 'bytes=-', 'bytes=a-b']) {
      expect(await refusal(files.get('digits', { range }))).toBe('VALIDATION');
    }
    expect((await ok<Read>(files.get('digits', { range: 'lines=1-2' }))).contentRange).toBeUndefined();
    await ok(files.put('empty', ''));
    expect(await refusal(files.get('empty', { range: 'bytes=0-' }))).toBe('RANGE_NOT_SATISFIABLE');
    await files.end();
  },

  'a request carries up to 4 MiB, larger files go up in parts and down in ranges': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const most = 4 * 1024 * 1024;
    const content = Buffer.alloc(most, 'abcdefg');
    await ok(files.put('most', content));
    expect(Buffer.from((await ok<Read>(files.get('most'))).content ?? '', 'base64').equals(content)).toBe(true);
    const tooLarge = await files.put('more', Buffer.alloc(most + 1));
    expect(tooLarge).toMatchObject({ code: 'FILE_TOO_LARGE', details: { size: most + 1, limit: most } });
    await writeFile(path.join(files.session.workspacePath, 'big'), Buffer.concat([content, Buffer.from('end')]));
    expect(await files.get('big')).toMatchObject({ code: 'FILE_TOO_LARGE', details: { size: most + 3 } });
    const begin = await ok<Read>(files.get('big', { range: 'bytes=0-' }));
    expect(begin.contentRange).toBe(`bytes 0-${most - 1}/${most + 3}`);
    const rest = await ok<Read>(files.get('big', { range: `bytes=${most}-`, ifMatch: begin.etag }));
    expect(Buffer.from(rest.content ?? '', 'base64').toString()).toBe('end');
    await files.end();
  },

  'parts come one after the other, again, and are a file only when all are there': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', 'old'));
    const part = (contentRange: string, content = '', more = {}) => files.put('a', content, { contentRange, ...more });
    expect(await ok(part('bytes */10'))).toMatchObject({ received: 0, total: 10 });
    expect(await ok(part('bytes 0-3/10', '0123'))).toEqual({ received: 4, total: 10 });
    expect(await part('bytes 6-9/10', '6789')).toMatchObject({
      code: 'RANGE_NOT_SATISFIABLE',
      details: { received: 4, total: 10 },
    });
    expect(await ok(part('bytes 0-3/10', '0123'))).toEqual({ received: 4, total: 10 });
    expect(await ok(part('bytes 2-6/10', '23456'))).toEqual({ received: 7, total: 10 });
    expect(await ok(part('bytes */10'))).toEqual({ received: 7, total: 10 });
    expect(await ok(part('bytes 0-1/10', 'xy', { uploadId: 'another' }))).toEqual({ received: 2, total: 10 });
    expect(await files.text('a')).toBe('old');
    expect(await ok(files.call('listDirectory'))).toMatchObject({ entries: [{ name: 'a', size: 3 }] });
    expect(await refusal(part('bytes 7-9/10', '789', { ifNoneMatch: '*' }))).toBe('PRECONDITION_FAILED');
    const { etag } = await ok<Read>(part('bytes 7-9/10', '789'));
    expect(await ok<Read>(files.get('a'))).toMatchObject({ etag });
    expect(await files.text('a')).toBe('0123456789');
    for (const [range, content] of [
      ['bytes 0-3/10', '012'],
      ['bytes 3-0/10', ''],
      ['bytes 0-3/3', '0123'],
      ['bytes */10', 'x'],
      ['bytes 0-3/*', '0123'],
      ['0-3/10', '0123'],
    ] as const) {
      expect(await refusal(part(range, content))).toBe('VALIDATION');
    }
    await files.end();
  },
};
