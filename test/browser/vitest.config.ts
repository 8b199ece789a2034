import { defineConfig } from 'vitest/config';

/** A project of its own: these tests need Debian's chromium. */
export default defineConfig({
  test: {
    name: 'browser',
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/browser/**/*.test.ts'],
    globalSetup: new URL('global-setup.ts', import.meta.url).pathname,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
