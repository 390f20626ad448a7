import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules', 'cdk.out', '.local', 'dist'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      // An async function without await still turns what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
    },
  },
  // Plain JavaScript, for a Node that may be older than anything else here.
  { files: ['local/node24/*.mjs'], ...tseslint.configs.disableTypeChecked },
  // Programs of other people, in which stands what must not compile.
  {
    files: ['test/package/consumer/*.ts'],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, '@typescript-eslint/switch-exhaustiveness-check': 'off' },
  },
  // A program's voice is its console.
  { files: ['local/**', 'cdk/app.ts'], rules: { 'no-console': 'off' } },
);
