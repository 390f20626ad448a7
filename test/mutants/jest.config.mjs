import ordinary from '../../jest.config.mjs';

/** Runs one test file many times, with another mutant each time. DynamoDB Local runs already. */
export default {
  ...ordinary,
  rootDir: '../..',
  transform: { '\\.ts$': '<rootDir>/test/mutants/transformer.ts' },
  testEnvironment: '<rootDir>/test/mutants/mutant-environment.ts',
  runner: 'jest-runner',
  testRunner: '<rootDir>/test/mutants/mutant-runner.ts',
  globalSetup: undefined,
  globalTeardown: undefined,
  testSequencer: '<rootDir>/test/mutants/given-order.ts',
  reporters: [],
  maxWorkers: 1,
};
