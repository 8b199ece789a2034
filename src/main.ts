#!/usr/bin/env node
import module from 'node:module';
import v8 from 'node:v8';
import { exitAtSignals } from './ops/signals.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// 22.18 runs TypeScript as it stands; zstd came to 23 with 23.8.
if (major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 8)) {
  process.stderr.write(
    `sidewatch needs Node.js 22.18 or newer, and of 23 at least 23.8; this is ${process.versions.node}\n`,
  );
  process.exit(1);
}
// A small young generation takes 80 MB less and stays in the CPU's cache: a fifth less CPU. docs/performance.md has the
// figures. npm's scripts set its size; where nobody did, it is kept from growing, which serves nearly as well.
const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
if (!/--m(ax|in)-semi-space-size/.test(flags)) v8.setFlagsFromString('--semi-space-growth-factor=1');
// Before the rest is imported: a second start reads compiled code. docs/performance.md has the figures.
module.enableCompileCache?.();
// Before that, too, which takes longer than a supervisor may wait.
if (process.argv[2] === 'serve') exitAtSignals();
const { run } = await import('./commands/cli.ts');
process.exitCode = await run(process.argv.slice(2));
