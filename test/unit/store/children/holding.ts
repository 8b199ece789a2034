import { openStore } from '../../../../src/store/sqlite/open-store.ts';

// DIRECTORY: has the store open until its standard input ends, and then ends without closing it.

const store = await openStore(process.argv[2]!);
process.stdout.write('why' in store ? `${store.why}\n` : 'open\n');
process.stdin.resume();
