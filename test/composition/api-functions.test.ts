import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withoutMcp } from '../../lib/composition/no-mcp.ts';
import { lazyServices } from '../../lib/composition/api-functions.ts';

describe('the services of a function', () => {
  const before = { ...process.env };
  let made: number;
  let isBroken: boolean;
  beforeEach(() => {
    made = 0;
    isBroken = false;
  });
  afterEach(() => {
    process.env = { ...before };
  });

  const services = () =>
    lazyServices({
      mcp: () => {
        made++;
        if (isBroken) throw new Error('something is missing');
        return withoutMcp();
      },
    });

  test('are made by the first call, and once', () => {
    const serve = services();
    expect(made).toBe(0);
    expect(serve()).toBe(serve());
    expect(made).toBe(1);
  });

  test('are there before it on Lambda', () => {
    process.env.AWS_LAMBDA_FUNCTION_NAME = 'records';
    const serve = services();
    expect(made).toBe(1);
    serve();
    expect(made).toBe(1);
  });

  test('that cannot be made are tried again by each call, which tells why', () => {
    process.env.AWS_LAMBDA_FUNCTION_NAME = 'records';
    isBroken = true;
    const serve = services();
    expect(serve).toThrow('something is missing');
    isBroken = false;
    serve();
    expect(made).toBe(3);
  });
});
