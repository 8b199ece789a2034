import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Input } from '../inputs/input.ts';
import type { Measured } from './case.ts';
import { bytesReadBy, cpuOf, memoryOf } from './process-cost.ts';
import { type Rules, rulesConfig } from './rules-config.ts';
import { AS_NPM_STARTS } from './server.ts';
import { workFolder } from './work-folder.ts';

const SAMPLE_MS = 20;

interface Sample {
  readonly read: number;
  readonly cpu: number;
  readonly peak: number;
  readonly clock: number;
}

/**
 * Replays an input's file once in a process of its own. As `underLoad` does, it leaves the first quarter out; `whole` is the
 * CPU of the process with its start.
 */
export async function replaying(tree: string, of: Input, rules: Rules): Promise<Measured> {
  const config = join(workFolder(), 'replay.yaml');
  writeFileSync(config, rulesConfig(tree, rules));
  const said = join(workFolder(), 'replay.out');
  const out = openSync(said, 'w');
  const args = [join(tree, 'src/main.ts'), 'replay', of.file, '--config', config, '--output', 'json'];
  const running = spawn(process.execPath, [...AS_NPM_STARTS, ...args], {
    stdio: ['ignore', out, 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => running.once('exit', resolve));
  const size = statSync(of.file).size;
  const samples: Sample[] = [];
  let code: number | null | undefined;
  void ended.then((ending) => {
    code = ending;
  });
  while (code === undefined) {
    const sample = sampleOf(running.pid!);
    if (sample !== undefined) samples.push(sample);
    await Promise.race([ended, setTimeout(SAMPLE_MS)]);
  }
  closeSync(out);
  if (code !== 0 || statSync(said).size === 0) throw new Error(`replay ended with ${code}, or found nothing`);
  // It has also read its own source, the rules and places, nearly all of it before the input.
  const last = samples.at(-1)!;
  const start = last.read - size;
  const from = samples.find(({ read }) => read - start > size / 4);
  if (from === undefined || from === last) throw new Error('the input is too small to be measured');
  const part = (last.read - from.read) / size;
  return {
    records: of.records * part,
    bytes: of.bytes * part,
    cpu: last.cpu - from.cpu,
    seconds: (last.clock - from.clock) / 1000,
    peak: last.peak,
    whole: last.cpu,
  };
}

/** undefined for a process that has ended. */
function sampleOf(pid: number): Sample | undefined {
  try {
    return {
      read: bytesReadBy(pid),
      cpu: cpuOf(pid),
      peak: memoryOf(pid, 'VmHWM'),
      clock: performance.now(),
    };
  } catch {
    return undefined;
  }
}
