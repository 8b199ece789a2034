import { defineConfig } from 'vitest/config';

/** A project of its own: these tests need Go, or a collector that SIDEWATCH_OTELCOL names. */
export default defineConfig({
  test: {
    name: 'collector',
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/collector/**/*.test.ts'],
    globalSetup: new URL('global-setup.ts', import.meta.url).pathname,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: '100%',
  },
});
