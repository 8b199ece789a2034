#!/usr/bin/env node
import module from 'node:module';
import { dirname } from 'node:path';
import v8 from 'node:v8';
import { leavePackageFolder } from './ops/npm-script.ts';
import { exitAtSignals } from './ops/signals.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// 22.18 can run TypeScript; Node.js 23 has zstd since 23.8.
if (major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 8)) {
  process.stderr.write(
    `sidewatch needs Node.js 22.18 or newer (of version 23: 23.8 or newer); this is ${process.versions.node}\n`,
  );
  process.exit(1);
}
// A small young generation saves 80 MB, and a fifth of the CPU because it stays in the CPU's cache (docs/performance.md).
// The npm scripts set its size. Without a size it is kept from growing, which is nearly as good.
const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
if (!/--m(ax|in)-semi-space-size/.test(flags)) v8.setFlagsFromString('--semi-space-growth-factor=1');
// Before the other imports: then a second start reads compiled code (docs/performance.md).
module.enableCompileCache?.();
// Also before the imports, which may take longer than a supervisor waits.
if (process.argv[2] === 'serve') exitAtSignals();
leavePackageFolder(dirname(import.meta.dirname));
const { run } = await import('./commands/cli.ts');
process.exitCode = await run(process.argv.slice(2));
