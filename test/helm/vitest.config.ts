import { defineConfig } from 'vitest/config';

/** A project of its own: these tests need tools that are not among the project's dependencies. */
export default defineConfig({
  test: {
    name: 'helm',
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/helm/**/*.test.ts'],
    globalSetup: new URL('global-setup.ts', import.meta.url).pathname,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: '100%',
  },
});
