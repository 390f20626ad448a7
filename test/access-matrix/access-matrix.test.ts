import { describe, expect, test } from '@jest/globals';
import { operations } from '../../lib/api/operations.ts';
import { routes } from '../../lib/api/routes.ts';
import { accessDoors } from './access-doors.ts';
import { ACCESS } from './access-table.ts';
import { AGENTS } from './callers.ts';
import { checkAccess } from './check-access.ts';

test('each operation has rows, and no two routes, of which one would have none', () => {
  expect(Object.keys(ACCESS).sort()).toEqual(Object.keys(operations).sort());
  expect(Object.entries(ACCESS).filter(([, rows]) => rows.length === 0)).toEqual([]);
  const routed = routes.map(({ operation }) => operation);
  expect(routed.filter((operation, index) => routed.indexOf(operation) !== index)).toEqual([]);
});

/** Those who are nearest to what they must not reach, and who may reach it; all others by all doors in the deep suite. */
describe('who may do what by HTTP', () => {
  checkAccess(accessDoors['HTTP with identity headers'], [
    'none',
    'owner',
    'colleague',
    'namesake',
    'foreignAdmin',
    ...AGENTS,
  ]);
});
