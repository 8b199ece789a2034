import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { given, tell } from '../harness/child.ts';
import { timed } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';

export interface StoringArgs {
  readonly tree: string;
  /** append: the same bytes to a file, as little as durable can cost. here: our file without its thread. */
  readonly how: 'append' | 'here' | 'thread';
}

const { tree, how } = given<StoringArgs>();
const ENTRIES = 1000;
const ENTRY = Buffer.alloc(400, 'x');
/** Commits from one cut of the journal to the next. */
const CUT = 100;

// In the directory for temporary files, which must be on a disk: in memory an fsync costs nothing.
const folder = mkdtempSync(join(tmpdir(), 'sidewatch-bench-store-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Makes a block durable. */
type Keep = (number: number, bytes: Uint8Array) => unknown;

function appending(): Keep {
  const file = openSync(join(folder, 'appended'), 'a');
  return (_, bytes) => {
    writeSync(file, bytes);
    fdatasyncSync(file);
  };
}

async function here(): Promise<Keep> {
  const { StoreFile } = await fromTree<typeof import('../../../src/store/sqlite/store-file.ts')>(
    tree,
    'store/sqlite/store-file.ts',
    'StoreFile',
  );
  const file = new StoreFile(folder);
  return (number, bytes) => {
    const block = { number, length: bytes.length };
    file.commit({ bytes: bytes as Uint8Array<ArrayBuffer>, block, events: [], settled: [] });
    if (number % CUT === 0) file.finishSnapshot(number, number);
  };
}

async function thread(): Promise<Keep> {
  const { openStore } = await fromTree<typeof import('../../../src/store/sqlite/open-store.ts')>(
    tree,
    'store/sqlite/open-store.ts',
    'openStore',
  );
  const store = await openStore(folder);
  if ('why' in store) throw new Error(store.why);
  return async (number, bytes) => {
    const fault =
      (await store.commit({ block: { number, bytes }, events: [], settled: [] })) ??
      (number % CUT === 0 ? await store.finishSnapshot(number, number) : undefined);
    if (fault) throw new Error(fault.why);
  };
}

const KEEP = { append: appending, here, thread } as const;

await tell(async () => {
  const keep = await KEEP[how]();
  const entries = Array.from({ length: ENTRIES }, () => ENTRY);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.eventLoopUtilization();
  let commits = 0;
  delay.enable();
  const measured = await timed({ records: ENTRIES, bytes: 0 }, async () => {
    await keep(++commits, Buffer.concat(entries));
    // Whatever keeps it, the loop turns once a commit.
    await new Promise(setImmediate);
  });
  const { active } = performance.eventLoopUtilization(began);
  return { ...measured, loop: (active * 1000) / (commits * ENTRIES), p99: delay.percentile(99) / 1e6 };
});
