import { type Bench, type Case, figure, perCpuSecond, SPEED, type Variant } from './harness/case.ts';
import { replaying } from './harness/replaying.ts';
import type { Rules } from './harness/rules-config.ts';
import { startSidewatch } from './harness/server.ts';
import { startSink } from './harness/sink.ts';
import { underLoad } from './harness/under-load.ts';
import { type InputSpec, input, TYPICAL, told } from './inputs/input.ts';

/** The same records as a log file and as requests. */
const PRODUCTION: InputSpec = { ...TYPICAL, mix: 'production', total: 260e6, file: true };

const serve = (spec: InputSpec, rules: Rules): Variant => ({
  name: 'serve',
  async measure(tree) {
    await using sink = await startSink();
    return await underLoad(await startSidewatch(tree, sink.url, [], rules), input(spec));
  },
});
const replayed = (spec: InputSpec, rules: Rules): Variant => ({
  name: 'replay',
  measure: (tree) => replaying(tree, input(spec), rules),
});

const of = (spec: InputSpec, rules: Rules): Case => ({
  title: `${told(spec)}, ${rules === 'pack' ? 'default pack' : `${rules} rules`}`,
  variants: [serve(spec, rules), replayed(spec, rules)],
  columns: [...SPEED, figure('whole', 'whole command, CPU s', 1)],
  compared: perCpuSecond,
});

export const replay: Bench = {
  name: 'replay',
  about: 'replay of a log file against serve with the same records over gRPC, its risk events exported',
  cases: (all) => [
    of(PRODUCTION, 'pack'),
    ...(all ? [of({ ...TYPICAL, total: 260e6, file: true }, 75)] : []),
  ],
};
