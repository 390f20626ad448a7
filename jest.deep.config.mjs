import quick from './jest.config.mjs';

/** What takes minutes: `npm run test:deep`, and nothing else, runs `*.deep.test.ts`. */
export default {
  ...quick,
  testMatch: ['<rootDir>/test/**/*.deep.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
