#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything is imported: it makes the second start twice as fast. bench: docs/performance.md, cold start.
enableCompileCache?.();
const { run } = await import('./commands/run.ts');
process.exitCode = await run(process.argv.slice(2));
