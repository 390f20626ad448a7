/** Conventional Commits. A subject may begin with a name as it is written. */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: { 'subject-case': [0] },
};
