import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

/** Against hanging alone: no test asserts a time, and machines are slow in their own ways. */
const PATIENCE = 60_000;

/** The terminal of a person: what a command shows depends on it, and a CI server has another one. */
const TERMINAL = { TERM: 'xterm-256color' };

/** `isolate: false`: the files of a project share a worker's modules, so a test must leave nothing behind in them. */
function project(name: string, include: readonly string[], isolate: boolean) {
  return {
    test: {
      name,
      root,
      include: [...include],
      isolate,
      testTimeout: PATIENCE,
      hookTimeout: PATIENCE,
      env: TERMINAL,
    },
  };
}

export default defineConfig({
  test: {
    root,
    // The default leaves a core unused.
    maxWorkers: '100%',
    projects: [
      project('unit', ['test/*.test.ts', 'test/unit/**/*.test.ts'], false),
      project('conformance', ['test/conformance/**/*.test.ts'], false),
      project('golden', ['test/golden/**/*.test.ts'], false),
      project('adversary', ['test/adversary/**/*.test.ts'], false),
      project('property', ['test/property/**/*.test.ts'], false),
      project('e2e', ['test/e2e/**/*.test.ts'], true),
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      // What runs in a browser is tested there.
      exclude: ['src/gen/**', 'src/report/page/**', 'src/serve/live/page/**'],
      reporter: ['text-summary'],
      // A little under what was reached (94 and 92), so that verify fails where tests are left out.
      thresholds: { lines: 92, branches: 90 },
    },
  },
});
