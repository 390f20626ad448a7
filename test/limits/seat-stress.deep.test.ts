import { expect, jest, test } from '@jest/globals';
import { stressSeats } from './seat-stress.ts';

jest.setTimeout(3_600_000);

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

test('two instances that create, end and change the limit at once keep every promise, 50 times', async () => {
  const total = { created: 0, refused: 0, contended: 0, conflicts: 0, lost: 0, moments: 0 };
  for (const seed of SEEDS) {
    const { violations, creates, ...counts } = await stressSeats(seed);
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    process.stderr.write(`seed ${seed} holds\n`);
    for (const [name, count] of Object.entries({ ...creates, ...counts })) total[name as keyof typeof total] += count;
  }
  process.stdout.write(`${SEEDS.length} seeds: ${JSON.stringify(total)}\n`);
  expect(total.created).toBeGreaterThan(40 * SEEDS.length);
  expect(total.refused).toBeGreaterThan(SEEDS.length);
  expect(total.lost).toBeGreaterThan(SEEDS.length);
});
