// What a reviewer would otherwise have to say. Rules about who may import whom are in test/architecture.test.ts.
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a thing has one name, in its file and wherever it is used.',
};

const noEnum = { selector: 'TSEnumDeclaration', message: 'Use a union of string literals: it prints as itself and needs no code.' };

export default defineConfig(
  globalIgnores(['dist/', 'build/', 'coverage/', 'compiler/frontends/onnx/onnx_pb.ts', 'compiler/frontends/tensorflow/tensorflow_pb.ts']),
  { files: ['**/*.js'], extends: [js.configs.recommended] },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      // typeof import('x') is how an optional package is typed.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      // Numbers print as themselves; anything else in a template is a mistake.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // process.env['CI'] says that the key need not exist.
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // An element of a typed array inside its bounds is `array[i] as number`; a bare `!` stays forbidden (no-non-null-assertion).
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Code points are what we count; nothing here splits emoji.
      '@typescript-eslint/no-misused-spread': 'off',
      // `a === undefined || a.b` and index signatures with a named key often read better.
      '@typescript-eslint/prefer-optional-chain': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // An empty text counts as none.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  { files: ['compiler/**/*.ts'], rules: { 'no-restricted-syntax': ['error', noDefaultExport, noEnum] } },
  // What yargs makes of a chain of options is a type that only inference can write.
  { files: ['compiler/cli/**/*.ts'], rules: { '@typescript-eslint/explicit-function-return-type': 'off' } },
  { files: ['test/**/*.ts'], rules: { 'max-lines': 'off', '@typescript-eslint/explicit-function-return-type': 'off' } },
);
