import nx from '@nx/eslint-plugin'
import tseslint from 'typescript-eslint'

/** Who may depend on whom (README.md draws it in a table): a tag lists all that it may import, itself never included. */
const depConstraints = [
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:stage', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:model', onlyDependOnLibsWithTags: ['type:core', 'type:stage'] },
  { sourceTag: 'type:report', onlyDependOnLibsWithTags: ['type:core', 'type:stage'] },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:core', 'type:stage', 'type:model', 'type:report'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:core', 'type:stage', 'type:model', 'type:report', 'type:e2e'] },
]

/** Of `Math` only what IEEE 754 fixes is equal in every runtime; the rest comes from @aed/core. */
const inexactMath = ['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'exp', 'expm1', 'log', 'log1p', 'log10', 'log2', 'pow', 'cbrt', 'hypot', 'random']

export default tseslint.config(
  { ignores: ['**/dist/**', '**/.test/**', '**/node_modules/**', '**/*.mjs', '**/bin/**', '**/c/**', '**/assembly/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints, allow: [], checkDynamicDependenciesExceptions: ['.*'] }],
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes `a[i]!` the way to read a typed array in a loop
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-properties': ['error', ...inexactMath.map((property) => ({ object: 'Math', property, message: 'Not equal in every runtime: use @aed/core.' }))] },
  },
)
