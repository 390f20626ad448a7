import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { fuzzDoors } from './fuzz.ts';

const PARTS = 10;
const REQUESTS = 100_000 / PARTS;

/** A seed that found something goes into `FUZZ_SEED`. */
const firstSeed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31 - PARTS));

test.each(Array.from({ length: PARTS }, (_, part) => firstSeed + part))(
  `${REQUESTS} requests, seed %i`,
  async (seed) => {
    const report = await fuzzDoors(REQUESTS, seed);
    process.stdout.write(`seed ${seed}: ${JSON.stringify(report)}\n`);
    expect(report.violations).toEqual([]);
    expect(report.requests).toBe(REQUESTS);
  },
  30 * 60_000,
);
