#!/usr/bin/env node
import module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`sidewatch needs Node.js 22.18 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
// Before the rest is imported: a second start reads compiled code. docs/performance.md has the figures.
module.enableCompileCache?.();
const { run } = await import('./commands/run.ts');
process.exitCode = await run(process.argv.slice(2));
