import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from './harness/arguments.ts';
import { header } from './harness/header.ts';
import { startLoad } from './harness/load.ts';
import { startSidewatch } from './harness/server.ts';
import { startSink } from './harness/sink.ts';
import { byStage, type CpuProfile } from './harness/stages.ts';
import { table } from './harness/table.ts';
import { ROOT } from './harness/tree.ts';
import { workFolder } from './harness/work-folder.ts';
import { input, TYPICAL, told } from './inputs/input.ts';

// npm run profile [-- none|gzip [pack|production]]: where the CPU of `serve` goes under load, by stage. `pack`: with the
// default pack; `production`: that, on the mix of a production cluster.
const [compression = 'none', rules = '75 rules'] = process.argv.slice(2);
if (compression !== 'none' && compression !== 'gzip') usage(`wants none or gzip, has ${compression}`);
if (rules !== '75 rules' && rules !== 'pack' && rules !== 'production')
  usage(`wants pack, production or nothing, has ${rules}`);

const mix = rules === 'production' ? { mix: 'production' as const } : {};
const of = input({ ...TYPICAL, ...mix, total: 390e6, gzip: compression === 'gzip' });
await using sink = await startSink();
const folder = join(workFolder(), 'profile');
const server = await startSidewatch(
  ROOT,
  sink.url,
  ['--cpu-prof', `--cpu-prof-dir=${folder}`],
  rules === '75 rules' ? 75 : 'pack',
);
const load = await startLoad(server.address, of);
const warm = of.count >> 2;
await load.run(warm);
const from = Number(process.hrtime.bigint() / 1000n);
await load.run(of.count - warm);
load.stop();
await server.stop();

const [file] = readdirSync(folder);
const profile = JSON.parse(readFileSync(join(folder, file!), 'utf8')) as CpuProfile;
const stages = byStage(profile, from);
const all = stages.reduce((sum, [, us]) => sum + us, 0);
const records = of.records * ((of.count - warm) / of.count);
console.log(`${header(1)}\n${told(of.spec)}, ${rules}\n`);
console.log(
  table(
    ['stage', '%', 'ns a record'],
    stages
      .filter(([, us]) => us / all >= 0.001)
      .map(([stage, us]) => [stage, ((us / all) * 100).toFixed(1), ((us * 1000) / records).toFixed(0)]),
  ),
);
