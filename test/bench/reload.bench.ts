import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, figure, type Variant } from './harness/case.ts';
import { probe } from './harness/probe.ts';
import { AS_NPM_STARTS, startServer } from './harness/server.ts';
import { quantile } from './harness/spread.ts';
import { workFolder } from './harness/work-folder.ts';

/** As many values as a list may have. */
const VALUES = 100_000;
const RELOADS = 5;

const agent = (i: number): string => `agent-${i}/`;
const network = (i: number): string => `${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`;

/** `value`: by number, an entry of the list; without it the pack has only its own lists. */
function reloading(name: string, list: string, values: number, value: (i: number) => string): Variant {
  return {
    name,
    async measure(tree) {
      const file = join(workFolder(), `${list}.txt`);
      const config = join(workFolder(), 'reload.yaml');
      // Another value each time: unchanged rules are not put in force again. Made before the probe starts, which is in this process.
      const texts = Array.from({ length: RELOADS + 1 }, (_, turn) =>
        Buffer.from(Array.from({ length: values }, (_, i) => value(i + turn)).join('\n')),
      );
      const write = (turn: number) => writeFileSync(file, texts[turn]!);
      writeFileSync(
        config,
        `receivers: {otlp: {grpc: {endpoint: "127.0.0.1:0"}}}\nrules: {packs: [sidewatch], lists: {${list}: {file: ${file}}}}\n`,
      );
      write(0);
      const server = await startServer([
        ...AS_NPM_STARTS,
        join(tree, 'src/main.ts'),
        'serve',
        '--config',
        config,
      ]);
      const stopProbe = probe(server.address);
      const took: number[] = [];
      for (let turn = 1; turn <= RELOADS; turn++) {
        write(turn);
        const reloaded = server.line(/the rules were reloaded/);
        const began = performance.now();
        process.kill(server.pid, 'SIGHUP');
        await reloaded;
        took.push(performance.now() - began);
      }
      const waits = await stopProbe();
      await server.stop();
      return {
        start: server.start,
        reload: quantile(took, 0.5),
        wait: Math.max(...waits),
        wait99: quantile(waits, 0.99),
      };
    },
  };
}

export const reload: Bench = {
  name: 'reload',
  about: `start and ${RELOADS} reloads of the default pack, and how long a tiny request waits meanwhile`,
  cases: () => [
    {
      title: `a list of one value, and of ${VALUES}`,
      variants: [
        reloading('pack', 'script_user_agents', 1, agent),
        reloading('with a list of texts', 'script_user_agents', VALUES, agent),
        reloading('with a list of networks', 'trusted_networks', VALUES, network),
      ],
      columns: [
        figure('start', 'start, ms'),
        figure('reload', 'reload p50, ms'),
        figure('wait', 'longest wait, ms', 1),
        figure('wait99', 'p99, ms', 1),
      ],
    },
  ],
};
