import { fileURLToPath } from 'node:url'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))

/** What every package's jest.config.mjs exports: TypeScript sources as native ES modules. */
export default {
  testEnvironment: here('environment.mjs'),
  testEnvironmentOptions: { customExportConditions: ['@aed/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      here('../../node_modules/@swc/jest/index.js'),
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts', '<rootDir>/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  reporters: ['default', here('count-reporter.mjs')],
  testTimeout: 60_000,
}
