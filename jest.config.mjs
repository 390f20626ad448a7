export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.deep\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  globalSetup: '<rootDir>/test/setup/start-dynamodb.ts',
  globalTeardown: '<rootDir>/test/setup/stop-dynamodb.ts',
  testSequencer: '<rootDir>/test/setup/slow-first.ts',
  testTimeout: 60_000,
  // More than processors: a worker waits for DynamoDB Local, processes and clocks a third of its time.
  maxWorkers: 3,
};
